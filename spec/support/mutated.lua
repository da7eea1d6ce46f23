-- A text with up to four seeded mutations: bytes removed, or bytes that matter to some parser inserted.
local NOISE = {
  "", "\0", "\xFF", "\n", "\27", '"', "'", "{", "}", "[", "]", "=", ",", "-", "9e9", "\\", "\\x", "<", "&", "--[[",
}

return function(seed)
  local s = seed
  for _ = 1, math.random(1, 4) do
    local at, length = math.random(0, #s), math.random(0, 3)
    s = s:sub(1, at) .. NOISE[math.random(#NOISE)] .. s:sub(at + 1 + length)
  end
  return s
end
