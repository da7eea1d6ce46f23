--- A private web server: nginx on a free loopback port, with its own directory.
--
--     local web = Nginx.start(docroot)
--     local url = web.url .. "/A2B.pack"
--     …
--     web:stop()
local uv = require "luv"
local Process = require "support.process"
local folder = require "support.folder"

local Nginx = {}

local CONFIG = [[
%spid %s/pid;
error_log stderr notice;
worker_processes 1;
daemon off;
events { worker_connections 64; }
http {
  access_log %s/access.log;
  client_body_temp_path %s/body;
  proxy_temp_path %s/proxy;
  fastcgi_temp_path %s/fastcgi;
  uwsgi_temp_path %s/uwsgi;
  scgi_temp_path %s/scgi;
  default_type application/octet-stream;
  %s
}
]]

local SERVER = [[
server {
    listen 127.0.0.1:%d;
    root "%s";
    %s
  }
]]

-- A currently free port. Before nginx binds it somebody else could take it; then nginx reports it and exits.
local function free_port()
  local socket = uv.new_tcp()
  assert(socket:bind("127.0.0.1", 0))
  local port = socket:getsockname().port
  socket:close()
  uv.run("nowait")
  return port
end

local function server_block(docroot, port, directives)
  if type(directives) == "function" then return directives(port) end
  return SERVER:format(port, docroot, directives or "")
end

--- Starts it and waits until it accepts connections.
-- @param docroot directory that is served
-- @param[opt] directives more lines for the server block, such as "limit_rate 20k;"; or a function that is given the
--   port and returns its own server block
-- @return a process with `url` (without trailing slash), `port`, `requests()` (its access log); `stop()` removes its
--   directory
function Nginx.start(docroot, directives)
  local home, remove = folder.new()
  local port = free_port()
  local user = uv.getuid() == 0 and "user root;\n" or ""
  local text = CONFIG:format(user, home, home, home, home, home, home, home, server_block(docroot, port, directives))
  folder.write(home .. "/nginx.conf", text)
  local program = uv.fs_stat("/usr/sbin/nginx") and "/usr/sbin/nginx" or "nginx"
  local self = Process.start(program, { "-p", home, "-c", home .. "/nginx.conf", "-e", "stderr" })
  self:await("err", "start worker processes")
  self.port, self.url = port, "http://127.0.0.1:" .. port
  function self.requests() return folder.read(home .. "/access.log") end
  function self.stop(process)
    local code = Process.stop(process)
    remove()
    return code
  end
  return self
end

return Nginx
