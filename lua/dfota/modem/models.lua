--- Which models these tools support, and which are known to belong to another family. Pure.
--
-- AT+QFOTADL differs between families: a BG96 takes `=1` for a file name and applies a different file. So a model of
-- another family is refused, and an unknown one gets a warning.
-- @module dfota.modem.models
local models = {}

--- The models of the DFOTA application note.
models.OURS = { "MC65", "M65", "M08-R" }

-- GSM modules with other chips by name, and families for other networks by prefix (a digit follows).
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

--- Which family the model's and firmware's names belong to.
-- @tparam[opt] string model as reported by ATI
-- @tparam[opt] string revision; it begins with the model's name on all siblings that were seen
-- @treturn string "ours", "other" or "unknown"
function models.judge(model, revision)
  local name = (model or ""):upper()
  if is_one_of(name, OTHERS) or is_one_of((revision or ""):upper(), OTHERS) then return "other" end
  return is_ours(name) and "ours" or "unknown"
end

--- The supported models, as text.
models.LIST = table.concat(models.OURS, ", ")

local WORDS = {
  other = "the module, %s, belongs to another family than " .. models.LIST .. ": its AT+QFOTADL is different",
  unknown = "the module's model, %s, is none of " .. models.LIST .. ": it may not be updatable this way",
}

--- May this module be updated?
-- @tparam[opt] string model
-- @tparam[opt] string revision
-- @treturn boolean|nil nil if the model is unknown
-- @treturn ?string unless true: the reason
function models.check(model, revision)
  local family = models.judge(model, revision)
  if family == "ours" then return true end
  local named = model or family == "other" and revision or "not reported"
  if model and family == "other" and not is_one_of(model:upper(), OTHERS) then
    named = ("%s with the firmware %s"):format(model, revision)
  end
  local why = WORDS[family]:format(named)
  if family == "other" then return false, why end
  return nil, why
end

return models
