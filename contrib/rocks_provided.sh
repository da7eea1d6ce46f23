#!/bin/sh
# Tells LuaRocks which rocks apt has installed, so that it asks no server for them:
#   contrib/rocks_provided.sh >rocks.lua && LUAROCKS_CONFIG=rocks.lua luarocks-5.4 make --tree TREE
set -eu

version() { dpkg-query -W -f '${source:Upstream-Version}' "$1" | sed 's/[-+~].*//'; }

echo "rocks_provided = {"
while read -r rock package; do
  echo "  [\"$rock\"] = \"$(version "$package")-1\","
done <<'END'
argparse       lua-argparse
luv            lua-luv
dkjson         lua-dkjson
luasql-sqlite3 lua-sql-sqlite3
luasocket      lua-socket
luaossl        lua-luaossl
luaexpat       lua-expat
END
echo "}"
