local Process = require "support.process"
local document = require "support.document"
local folder = require "support.folder"
local uv = require "luv"
local words = require "dfota.update.words"

local function tool()
  for place in os.getenv "PATH":gmatch "[^:]+" do
    if uv.fs_stat(place .. "/ldoc") then return place .. "/ldoc" end
  end
end

local function set_of(text, pattern)
  local set = {}
  for word in text:gmatch(pattern) do set[word] = true end
  return set
end

local ldoc = tool()

-- It is asked for by make deps-lint, not by make deps-test.
describe("The reference", function()
  if not ldoc then return pending "LDoc is not installed" end
  local home, remove = folder.new()
  local made, pages = nil, {}

  setup(function()
    made = Process.start("lua5.4", { ldoc, "-c", "docs/config.ld", "-d", home, "." },
      { patience_s = 100 }) -- it reads all sources, and takes four seconds where nobody else works
    assert.equal(0, made:wait(), made.err)
    local scan = uv.fs_scandir(home .. "/modules")
    for name in function() return scan and uv.fs_scandir_next(scan) end do
      pages["modules/" .. name] = folder.read(home .. "/modules/" .. name)
    end
    pages["index.html"] = folder.read(home .. "/index.html")
  end)
  teardown(remove)

  it("is built without warnings", function()
    assert.same({ 0, "" }, { made.code, made.err })
    assert.is_nil(made.out:find("no items", 1, true))
  end)

  it("has a page for each source, grouped by who reads it", function()
    local index = pages["index.html"]
    local groups = set_of(index, "<h2>([^<]+)</h2>\n<p>")
    assert.same({ ["For those who change flows"] = true, ["For programs that use dfota"] = true,
      ["For maintainers"] = true }, groups)
    local pipe <close> = assert(io.popen "find lua/dfota -name '*.lua' ! -path '*/sim/*'")
    for path in pipe:lines() do
      local name = path:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
      assert.is_truthy(pages[("modules/%s.html"):format(name)], name)
      assert.is_truthy(index:find((">%s</a>"):format(name), 1, true), name)
    end
  end)

  it("has a page under \"for programs\" for whatever require \"dfota\" gives", function()
    local config = document.read "docs/config.ld"
    local group = config:match 'title = "For programs.-\n    },'
    for name in document.read "lua/dfota/init.lua":gmatch '%w+ = require "(dfota[%w_.]+)"' do
      local listed = config:find(('"%s"'):format(name), 1, true)
      assert.is_truthy(listed, name)
    end
    assert.is_truthy(group:find('"dfota.app"', 1, true))
  end)

  it("has no link that leads nowhere", function()
    for name, page in pairs(pages) do
      for link in page:gmatch 'href="([^"]+)"' do
        local target, id = link:match "^([^#]*)#?(.*)$"
        local path = target == "" and name or target:find "^%.%./" and target:sub(4)
          or name == "index.html" and target or "modules/" .. target
        if path ~= "ldoc.css" then
          assert(pages[path], name .. " leads to " .. link)
          assert(id == "" or pages[path]:find(('id="%s"'):format(id), 1, true), name .. " leads to " .. link)
        end
      end
    end
  end)

  it("has no markup that was not understood", function()
    for name, page in pairs(pages) do
      local text = page:gsub("<[^>]+>", "")
      for _, raw in ipairs { "`", "@{", "???", "@t?param", "@t?return" } do
        assert(not text:find(raw, 1, raw ~= "@t?param" and raw ~= "@t?return"), name .. " has " .. raw)
      end
    end
  end)

  it("separates the words of a flow from what a flow cannot call", function()
    local page = pages["modules/dfota.update.job.html"]
    local own = page:match "^(.-)<h2>Not in a flow</h2>"
    local list = '"' .. table.concat(words.METHODS.job, '" "') .. '"'
    for _, word in ipairs(words.METHODS.job) do
      assert.is_truthy(own:find('href="#Job:' .. word .. '"', 1, true), word)
    end
    for word in own:gmatch 'href="#Job:([%l_]+)"' do
      assert.is_truthy(list:find(('"%s"'):format(word), 1, true), word)
    end
  end)
end)
