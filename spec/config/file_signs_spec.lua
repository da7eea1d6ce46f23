local file_signs = require "dfota.config.file_signs"

describe("The first bytes of a file", function()
  for what, all in pairs {
    ["a web page"] = {
      "<!DOCTYPE html>\n", "\xEF\xBB\xBF\r\n\t <!doctype HTML PUBLIC", "<html>", " \n<HTML lang=en>",
      "<head>", "<Body>", "<h1>404 Not Found</h1>", "<title>403", "<meta charset",
      "<!-- x --><html>", "<p>no", "<script>",
    },
    ["a web page in UTF-16"] = { "\xFF\xFE<\0h\0", "\xFE\xFF\0<\0h" },
    ["a zip archive"] = { "PK\3\4\20", "PK\5\6" }, ["a gzip file"] = { "\x1F\x8B\8" },
    ["a tar archive"] = { ("x"):rep(257) .. "ustar" }, ["an ELF program"] = { "\x7FELF\1" },
    ["a PDF document"] = { "%PDF-1.4" }, ["an XML document"] = { "<?xml version" },
    ["a web server's answer with its headers"] = { "HTTP/1.1 404 Not Found\r\n" },
    ["a Git LFS pointer, not the file itself"] = { "version https://git-lfs.github.com/spec/v1\n" },
  } do
    it("identify " .. what, function()
      for _, bytes in ipairs(all) do assert.equal(what, file_signs.name(bytes)) end
    end)
  end

  it("identify nothing if they are not certain", function()
    for _, bytes in ipairs {
      "", "RDAOTA01<html>", "PK", "<", "html", "x<html", "\x1F", "\0\0\0\0", "DFOTA-SIMULATED-PACKAGE 1\n",
      (" "):rep(512),
    } do
      assert.is_nil(file_signs.name(bytes))
    end
  end)

  it("identify a package for this chip", function()
    assert.is_true(file_signs.is_package "RDAOTA01\0\1")
    for _, bytes in ipairs { "", "RDAOTA0", " RDAOTA01", "rdaota01" } do
      assert.is_false(file_signs.is_package(bytes))
    end
  end)
end)
