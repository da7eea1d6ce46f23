local json = require "dkjson"
local strict_json = require "dfota.base.strict_json"

describe("JSON that people write", function()
  for source, case in pairs {
    ['{"a":1,"b":[1,{"c":null}]}'] = { { a = 1, b = { 1, { c = json.null } } }, "object" },
    ["[1,[],{}]"] = { { 1, {}, {} }, "list" }, ["[]"] = { {}, "list" }, ["{}"] = { {}, "object" },
    ["7"] = { 7, "value" }, ['"a"'] = { "a", "value" }, ["null"] = { json.null, "value" },
    ['{"a":{"a":1}}'] = { { a = { a = 1 } }, "object" },
  } do
    it("is read, an empty list told from an empty object: " .. source, function()
      assert.same(case, { strict_json.decode(source) })
    end)
  end

  for source, reason in pairs {
    ['{"a":1,"b":2,"a":3}'] = "the key a is there twice", ['[{},{"a":null,"a":null}]'] = "the key a is there twice",
    ['["a":1]'] = "has a key in a list", ['{"a"}'] = "has a value without a key",
    ["{"] = "is not JSON: unterminated object at line 1, column 1", [""] = "is not JSON: no valid JSON value",
    ["[1] 2"] = "contains more than one JSON value", ["\27[2J"] = "is not JSON: ",
    ['{"\\u001b[2J":1,"\\u001b[2J":1}'] = "the key \\x1B[2J is there twice",
  } do
    it(("is refused with the reason: %q"):format(source), function()
      local value, why = strict_json.decode(source)
      assert.is_nil(value)
      assert.equal(reason, why:sub(1, #reason))
      assert.is_nil(why:find "%c")
    end)
  end

  it("has tables that can be changed like any others", function()
    local value = strict_json.decode '{"list":[],"object":{},"full":{"a":1}}'
    value.list[1], value.object.x, value.full.b = 1, 2, 3
    assert.same({ list = { 1 }, object = { x = 2 }, full = { a = 1, b = 3 } }, value)
  end)
end)
