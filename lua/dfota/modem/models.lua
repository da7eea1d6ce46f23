--- Which models these tools are for, and which are known to be another family. Pure.
--
-- AT+QFOTADL is another command on other families: a BG96 takes `=1` for a name and applies what lies under
-- another one. So a model that is known to be another is refused, and an unknown name is warned of.
-- @module dfota.modem.models
local models = {}

--- The models of the DFOTA application note.
models.OURS = { "MC65", "M65", "M08-R" }

-- GSM modules of other chips by their names, and the families of other networks by theirs (a digit follows).
-- Names as in the vendor's product lists and in public logs.
local OTHERS = {
  "^M10", "^M12", "^M26", "^M35", "^M50", "^M56", "^M66", "^M72", "^M80", "^M85", "^M89", "^M90", "^M95",
  "^MC20", "^MC60", "^MC90", "^GC10", "^GC65", "^SIM_?%d", "^SIMCOM",
  "^BC%d", "^BG%d", "^EC%d", "^EG%d", "^EM%d", "^EP%d", "^RM%d", "^RG%d", "^RC%d", "^UC%d", "^UG%d", "^SC%d", "^SG%d",
  "^AG%d", "^AF%d", "^LC%d", "^FC%d",
}

local function is_one_of(name, patterns)
  for _, pattern in ipairs(patterns) do
    if name:find(pattern) then return true end
  end
  return false
end

-- "MC65", or "MC65-GR" and the like; not "MC650".
local function is_ours(name)
  for _, own in ipairs(models.OURS) do
    if name:sub(1, #own) == own and not name:sub(#own + 1):find("^%d") then return true end
  end
  return false
end

--- What a model's name and its firmware's say about the family.
-- @tparam[opt] string model as ATI gives it
-- @tparam[opt] string revision; it begins with the model's name on all siblings that were seen
-- @treturn string "ours", "other" or "unknown"
function models.judge(model, revision)
  local name = (model or ""):upper()
  if is_one_of(name, OTHERS) or is_one_of((revision or ""):upper(), OTHERS) then return "other" end
  return is_ours(name) and "ours" or "unknown"
end

--- For people: the models these tools are for.
models.LIST = table.concat(models.OURS, ", ")

local WORDS = {
  other = "the module, %s, is of another family than " .. models.LIST .. ": AT+QFOTADL does something else there",
  unknown = "the module's model, %s, is none of " .. models.LIST
    .. ": whether it is updated this way is not known here",
}

--- May this module be updated?
-- @tparam[opt] string model
-- @tparam[opt] string revision
-- @treturn boolean|nil nil where the model is not known here
-- @treturn ?string where it is not true: why, in words
function models.check(model, revision)
  local family = models.judge(model, revision)
  if family == "ours" then return true end
  local named = model or family == "other" and revision or "not told"
  if model and family == "other" and not is_one_of(model:upper(), OTHERS) then
    named = ("%s with the firmware %s"):format(model, revision)
  end
  local why = WORDS[family]:format(named)
  if family == "other" then return false, why end
  return nil, why
end

return models
