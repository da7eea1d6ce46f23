local Transport = require "dfota.config.transport"

describe("A transport", function()
  it("triggers the uploaded file by its number, and a download by its URL", function()
    assert.equal("AT+QFOTADL=1", Transport.file().trigger_command)
    assert.equal('AT+QFOTADL="http://h/a%20b"', Transport.url("http://h/a%20b").trigger_command)
  end)

  it("says whether the module downloads by itself", function()
    local file, url = Transport.file("a.pack", "00ff"), Transport.url "http://h/a"
    assert.same({ "file", "a.pack", false }, { file.kind, file.name, file.downloads })
    assert.same({ "url", "http://h/a", true }, { url.kind, url.name, url.downloads })
  end)

  it("recognises a file by its content, under any name", function()
    local file = Transport.file("a.pack", "00ff")
    assert.is_true(file:is_of { package = "b.pack", hash = "00ff" })
    assert.is_false(file:is_of { package = "a.pack", hash = "0100" })
    assert.is_false(file:is_of { package = "a.pack" })
    assert.is_false(Transport.file("a.pack"):is_of { package = "a.pack" })
  end)

  it("recognises a URL by its text", function()
    local url = Transport.url "http://h/a"
    assert.is_true(url:is_of { package = "http://h/a" })
    assert.is_false(url:is_of { package = "http://h/A", hash = "00ff" })
  end)
end)
