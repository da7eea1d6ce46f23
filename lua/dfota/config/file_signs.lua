--- What a file certainly is, by its first bytes: a web page or an archive in place of a package is the commonest
-- mistake in the field. Pure. Only certain signs: the format of real packages is not public.
-- @module dfota.config.file_signs

local file_signs = {}

--- How many bytes of a file `name` and `is_package` need.
file_signs.BYTES = 512

-- From the published software of the RDA8955 chip and GPRS_C_SDK#198; moderately certain for MC65, M65 and M08-R.
local PACKAGE = "RDAOTA01"

local BINARY = {
  { "PK\3\4", "a zip archive" }, { "PK\5\6", "a zip archive" }, { "\x1F\x8B", "a gzip file" },
  { "BZh", "a bzip2 file" },
  { "\xFD7zXZ\0", "an xz file" }, { "7z\xBC\xAF\x27\x1C", "a 7z archive" }, { "Rar!\x1A\7", "a rar archive" },
  { "\x28\xB5\x2F\xFD", "a zstd file" }, { "\x7FELF", "an ELF program" }, { "%PDF-", "a PDF document" },
  { "\x89PNG\r\n\x1A\n", "a PNG picture" }, { "\xFF\xD8\xFF", "a JPEG picture" }, { "GIF8", "a GIF picture" },
  { "SQLite format 3\0", "an SQLite database" },
  { "\xFF\xFE<\0", "a web page in UTF-16" }, { "\xFE\xFF\0<", "a web page in UTF-16" },
}

-- These are matched after white space and a byte order mark, in either case.
local TEXT = {
  { "<!doctype html", "a web page" }, { "<html", "a web page" }, { "<head", "a web page" }, { "<body", "a web page" },
  { "<title", "a web page" }, { "<meta", "a web page" }, { "<h1", "a web page" }, { "<p>", "a web page" },
  { "<div", "a web page" }, { "<center", "a web page" }, { "<script", "a web page" }, { "<!--", "a web page" },
  { "<?xml", "an XML document" }, { "http/1.", "a web server's answer with its headers" },
  { "version https://git-lfs", "a Git LFS pointer, not the file itself" }, { "#!/", "a script" },
  { ":020000", "an Intel hex file" },
}

local function found(signs, bytes)
  for _, sign in ipairs(signs) do
    if bytes:sub(1, #sign[1]) == sign[1] then return sign[2] end
  end
end

--- What a file is, if that is certain and it is not a package.
-- @tparam string bytes the first bytes of a file
-- @treturn string|nil "a web page"
function file_signs.name(bytes)
  if bytes:sub(258, 262) == "ustar" then return "a tar archive" end
  local words = bytes:gsub("^\xEF\xBB\xBF", ""):gsub("^%s+", ""):lower()
  return found(BINARY, bytes) or found(TEXT, words)
end

--- The warning about a file that is nothing else for certain and does not begin as packages do.
file_signs.NOT_KNOWN = "does not begin with RDAOTA01, as known packages for this chip do: make sure that it is "
  .. "the delta package"

--- Does it begin as packages for this chip do?
-- @tparam string bytes
-- @treturn boolean
function file_signs.is_package(bytes) return bytes:sub(1, #PACKAGE) == PACKAGE end

return file_signs
