#!/bin/sh
# Runs the build steps of the recipes for Alpine and OpenWrt with a musl compiler, in place of abuild and OpenWrt's build
# system, and looks whether everything is where that system's lua5.4 will find it: contrib/recipes.sh TARBALL
# What it cannot tell: whether their packages are named as the recipes say. The core itself is run on musl by `make cross`.
set -eu
tarball=$(realpath "$1")
top=$PWD
work=$PWD/build/recipes
rm -rf "$work"
mkdir -p "$work/kernel" "$work/include"

command -v musl-gcc >/dev/null || { echo "recipes: musl-gcc is missing; type: contrib/deps.sh recipes" >&2; exit 1; }

# musl-gcc looks for no headers of this system: those of the kernel, Lua, libserialport and libmd are lent to it.
ln -s /usr/include/linux /usr/include/asm-generic "/usr/include/$(uname -m)-linux-gnu/asm" "$work/kernel"
ln -s "$(pkg-config --variable=includedir libserialport)/libserialport.h" "$work/include"
ln -s "$(pkg-config --variable=includedir libmd)/sha2.h" "$work/include"
for header in "$(pkg-config --variable=includedir lua5.4)"/lua5.4/*.h /usr/include/*/lua5.4-deb-multiarch.h; do
  [ ! -e "$header" ] || ln -sf "$header" "$work/include"
done
cat >"$work/cc" <<END
#!/bin/sh
exec musl-gcc -isystem "$work/include" -idirafter "$work/kernel" "\$@"
END
chmod 755 "$work/cc"
export CC="$work/cc"
# pkg-config names this system's folders, whose C library is another.
mkdir "$work/bin" "$work/lib"
for library in serialport md; do
  ln -s "$(pkg-config --variable=libdir libserialport)/lib$library.so" "$work/lib/"
done
printf '#!/bin/sh\ncase $* in *--exists*) exit 0 ;; *--libs*) echo "-L%s -lserialport -lmd" ;; esac\n' \
  "$work/lib" >"$work/bin/pkg-config"
chmod 755 "$work/bin/pkg-config"
PATH=$work/bin:$PATH
export PAGES= # no Lua for musl is here that could run what makes them
unset DESTDIR PREFIX LMOD CMOD CFLAGS LDFLAGS MAKEFLAGS MFLAGS MAKELEVEL

unpack() { mkdir -p "$1" && tar -xzf "$tarball" -C "$1" --strip-components=1; }

look_at() { # name root
  cd "$top"
  for module in $(find lua/dfota -name '*.lua'); do
    [ -f "$2/usr/share/lua/5.4/${module#lua/}" ] || { echo "recipes: $1: no $module"; exit 1; }
  done
  for script in scripts/*.lua; do
    [ -f "$2/usr/share/dfota/$script" ] || { echo "recipes: $1: no $script"; exit 1; }
  done
  core=$2/usr/lib/lua/5.4/dfota/core.so
  readelf -d "$core" | grep -q 'NEEDED.*\[libc.so\]' || { echo "recipes: $1: $core is not for musl"; exit 1; }
  [ ! -e "$2/usr/share/dfota/installed" ] || { echo "recipes: $1 packs the list of make install"; exit 1; }
  echo "recipes: $1: core for musl, $(find "$2" -type f | wc -l) files"
}

# What abuild does: the steps as shell functions, in the folder of the sources.
alpine() (
  unpack "$work/alpine/src"
  pkgdir=$work/alpine/pkg
  . contrib/alpine/APKBUILD
  cd "$work/alpine/src"
  build >"$work/alpine.log" 2>&1 || { tail "$work/alpine.log"; exit 1; }
  package >>"$work/alpine.log" 2>&1 || { tail "$work/alpine.log"; exit 1; }
  look_at alpine "$pkgdir"
)

# What OpenWrt does: the recipe between two files that define its steps.
openwrt() (
  unpack "$work/openwrt/src"
  mkdir -p "$work/openwrt/include"
  : >"$work/openwrt/rules.mk"
  cat >"$work/openwrt/include/package.mk" <<'END'
define BuildPackage
all:
	$(call Build/Compile)
	$(call Package/$(1)/install,$(PKG_INSTALL))
endef
END
  make -f contrib/openwrt/Makefile TOPDIR="$work/openwrt" INCLUDE_DIR="$work/openwrt/include" \
    PKG_BUILD_DIR="$work/openwrt/src" PKG_INSTALL="$work/openwrt/pkg" TARGET_CC="$CC" TARGET_CFLAGS=-Os TARGET_CPPFLAGS= \
    TARGET_LDFLAGS= all >"$work/openwrt.log" 2>&1 || { tail "$work/openwrt.log"; exit 1; }
  look_at openwrt "$work/openwrt/pkg"
)

alpine
openwrt
