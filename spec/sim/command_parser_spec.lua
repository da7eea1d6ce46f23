local command_parser = require "dfota.sim.command_parser"

-- A command as a string: its name, form and parameters.
local function brief(item)
  local parts = { item.name, item.form }
  if item.text then parts[#parts + 1] = item.text end
  if item.register then parts[#parts + 1] = "register " .. item.register end
  if item.number then parts[#parts + 1] = "number " .. item.number end
  return table.concat(parts, " ")
end

describe("A command line", function()
  -- What follows AT → its commands.
  for line, commands in pairs {
    [""] = {},
    [" ; ;"] = {},
    ["I"] = { "I exec" },
    ["i"] = { "I exec" },
    ["E0"] = { "E exec number 0" },
    ["E"] = { "E exec" },
    ["E0V1"] = { "E exec number 0", "V exec number 1" },
    ["&F"] = { "&F exec" },
    ["&w0"] = { "&W exec number 0" },
    ["S3?"] = { "S? exec register 3" },
    ["s10=25"] = { "S= exec register 10 number 25" },
    ["S10="] = { "S= exec register 10" },
    ["D123456;"] = { "D exec number 123456" },
    ["DT+49"] = { "D exec" },
    ["+CSQ"] = { "+CSQ exec" },
    ["+csq"] = { "+CSQ exec" },
    ["+CREG?"] = { "+CREG read" },
    ["+CREG=?"] = { "+CREG test" },
    ["+CREG=1"] = { "+CREG write 1" },
    ["+CREG ? "] = { "+CREG read" },
    ["+CREG = 1"] = { "+CREG write  1" },
    ["+CREG="] = { "+CREG write " },
    ["+CSQ;+CREG?;I"] = { "+CSQ exec", "+CREG read", "I exec" },
    ["E0;+CSQ"] = { "E exec number 0", "+CSQ exec" },
    ["E0+CSQ"] = { "E exec number 0", "+CSQ exec" },
    ['+QICSGP=1,"a;b";+CSQ'] = { '+QICSGP write 1,"a;b"', "+CSQ exec" },
    ['+X="open;+CSQ'] = { '+X write "open;+CSQ' },
    ["+CSQ1"] = { "+CSQ1 exec" },
    ["+CSQ!"] = { "+CSQ unknown" },
    ["+1"] = { "+1 unknown" },
    ["+"] = { "+ unknown" },
    ["?"] = { "? unknown" },
    ["E0?I"] = { "E exec number 0", "?I unknown" },
  } do
    it(("AT%s is %d command%s"):format(line, #commands, #commands == 1 and "" or "s"), function()
      local list = {}
      for i, item in ipairs(command_parser.line(line)) do list[i] = brief(item) end
      assert.same(commands, list)
    end)
  end
end)

describe("What follows a command's =", function()
  -- text → fields; which were quoted; what follows a closing quote
  for text, case in pairs {
    [""] = { { "" }, {} },
    ["1"] = { { "1" }, {} },
    ["1,2"] = { { "1", "2" }, {} },
    [" 1 , 2 "] = { { "1", "2" }, {} },
    ["1,,3"] = { { "1", "", "3" }, {} },
    [","] = { { "", "" }, {} },
    ['"a"'] = { { "a" }, { 1 } },
    ['""'] = { { "" }, { 1 } },
    ['"a,b;c" , 2'] = { { "a,b;c", "2" }, { 1 } },
    ['1,"a","b"'] = { { "1", "a", "b" }, { 2, 3 } },
    ['" a "'] = { { " a " }, { 1 } },
    ['"a"b'] = { { "a" }, { 1 }, "b" },
    ['"a"b,"c"'] = { { "a" }, { 1 }, 'b,"c"' },
    ['"open'] = { { '"open' }, {} },
    ['a"b"'] = { { 'a"b"' }, {} },
  } do
    it(("is split: %s"):format(text), function()
      local args = command_parser.arguments(text)
      assert.equal(#case[1], args.n)
      assert.same(case[1], table.move(args, 1, args.n, 1, {}))
      local quoted = {}
      for _, i in ipairs(case[2]) do quoted[i] = true end
      for i = 1, args.n do assert.equal(quoted[i] or false, args.quoted[i], i) end
      assert.equal(case[3] or "", args.rest)
    end)
  end
end)
