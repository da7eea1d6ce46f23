#!/bin/sh
# Copies the built tree to $DESTDIR$PREFIX and creates a command dfota-NAME for each NAME given.
set -eu
to=$DESTDIR$PREFIX

put() { install -D -C -b -m "$1" "$2" "$3"; } # -b: an edited flow is kept with a `~` suffix

for file in $(find lua/dfota -name '*.lua'); do
  put 644 "$file" "$to/share/lua/5.4/${file#lua/}"
done
put 755 lua/dfota/core.so "$to/lib/lua/5.4/dfota/core.so"
for file in scripts/*.lua; do put 644 "$file" "$to/share/dfota/$file"; done

mkdir -p "$to/bin"
for name; do
  # The two paths are for a PREFIX that lua5.4 does not search by default.
  cat >"$to/bin/dfota-$name" <<END
#!/bin/sh
LUA_PATH_5_4="$PREFIX/share/lua/5.4/?.lua;$PREFIX/share/lua/5.4/?/init.lua;\${LUA_PATH_5_4:-;}"
LUA_CPATH_5_4="$PREFIX/lib/lua/5.4/?.so;\${LUA_CPATH_5_4:-;}"
export LUA_PATH_5_4 LUA_CPATH_5_4
exec lua5.4 "$PREFIX/share/dfota/scripts/$name.lua" "\$@"
END
  chmod 755 "$to/bin/dfota-$name"
done
echo "installed: $(for name; do printf 'dfota-%s ' "$name"; done)in $PREFIX/bin, flows to edit in $PREFIX/share/dfota/scripts"
