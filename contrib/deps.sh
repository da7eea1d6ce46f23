#!/bin/sh
# Installs what is missing, and only that: contrib/deps.sh run|test|lint|cross|qemu|pages|deb|ansible|recipes…
# If nothing is missing it does nothing, asks nothing and needs no privileges.
set -eu
: "${policy:=/usr/sbin/policy-rc.d}"

# level | probe, true if it is installed | Debian package
table() {
  cat <<'END'
run  | have pkg-config                          | pkg-config
run  | have lua5.4                              | lua5.4
run  | pkg-config --exists lua5.4               | liblua5.4-dev
run  | pkg-config --exists libserialport        | libserialport-dev
run  | pkg-config --exists libmd                | libmd-dev
run  | loads argparse                           | lua-argparse
run  | loads luv                                | lua-luv
run  | loads dkjson                             | lua-dkjson
run  | loads luasql.sqlite3                     | lua-sql-sqlite3
run  | loads socket                             | lua-socket
run  | loads openssl                            | lua-luaossl
run  | loads lxp                                | lua-expat
test | have lua5.1                              | lua5.1
test | have busted                              | lua-busted
test | loads cqueues                            | lua-cqueues
test | loads lfs                                | lua-filesystem
test | have nginx                               | nginx-light
test | ls /usr/lib/postgresql/*/bin/initdb      | postgresql
test | loads luasql.postgres                    | lua-sql-postgres
test | have prometheus-node-exporter            | prometheus-node-exporter
test | have systemd-analyze                     | systemd
test | have gammu                               | gammu
test | have chat                                | ppp
test | have strace                              | strace
test | /usr/bin/python3 -c 'import serial'      | python3-serial
test | test -d /usr/share/mobile-broadband-provider-info | mobile-broadband-provider-info
lint | have clang                               | clang
lint | have clang-format                        | clang-format
lint | have clang-tidy                          | clang-tidy
lint | test -e "$(clang -print-runtime-dir)/libclang_rt.fuzzer-$(uname -m).a" | libclang-rt-14-dev
lint | have cppcheck                            | cppcheck
lint | have luacheck                            | lua-check
lint | have valgrind                            | valgrind
lint | have ldoc                                | lua-ldoc
lint | have mandoc                              | mandoc
lint | have zsh                                 | zsh
lint | have fish                                | fish
lint | have luarocks                            | luarocks
cross | have i686-linux-gnu-gcc                 | gcc-i686-linux-gnu
cross | have musl-gcc                           | musl-tools
cross | have aarch64-linux-gnu-gcc              | gcc-aarch64-linux-gnu
cross | have arm-linux-gnueabihf-gcc            | gcc-arm-linux-gnueabihf
cross | have powerpc64le-linux-gnu-gcc          | gcc-powerpc64le-linux-gnu
cross | have s390x-linux-gnu-gcc                | gcc-s390x-linux-gnu
cross | have qemu-aarch64                       | qemu-user
recipes | have musl-gcc                        | musl-tools
qemu | have qemu-system-x86_64                  | qemu-system-x86
qemu | have cpio                                | cpio
pages | have chromium                           | chromium
pages | test -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf | fonts-dejavu-core
ansible | have ansible-playbook               | ansible-core
ansible | have ssh                            | openssh-client
deb  | have dpkg-buildpackage                  | dpkg-dev
deb  | have dh                                 | debhelper
deb  | have lintian                            | lintian
deb  | have mmdebstrap                         | mmdebstrap
END
}

have() { PATH="$PATH:/usr/sbin:/sbin" command -v "$1"; }
loads() { lua5.4 -e "require '$1'"; }

# The packages of the requested levels whose probe fails, on one line.
missing() {
  table | while IFS='|' read -r level probe package; do
    case " $* " in *" ${level%% *} "*) ;; *) continue ;; esac
    (eval "$probe") >/dev/null 2>&1 </dev/null || printf '%s ' $package
  done
}

as_root() {
  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    echo "deps: not root and no sudo: run this as root: $*" >&2
    exit 1
  fi
  $sudo "$@"
}

# In the background, because the shell handles a signal only after its foreground command has ended.
apt() {
  $sudo env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -qq -o Dpkg::Use-Pty=0 "$@" >/dev/null &
  running=$!
  status=0
  wait $running || status=$?
  running=
  return $status
}

# dash runs no EXIT trap when killed by a signal. Nothing is restored while apt is still running.
interrupted() {
  trap '' INT TERM HUP
  if [ -n "$running" ]; then
    kill "$running" 2>/dev/null || true
    wait "$running" || true
  fi
  exit "$1"
}

# If the package lists are empty or out of date, the first attempt fails.
install() {
  apt install -y --no-install-recommends "$@" 2>/dev/null && return
  echo "deps: updating the package lists"
  apt update && apt install -y --no-install-recommends "$@"
}

# nginx would start on port 80 and at every boot; the specs start their own instance.
no_services() {
  [ ! -e "$policy" ] || return 0
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
  as_root chmod 755 "$policy"
  ours=$policy
}

leave_nginx_off() {
  case " $wanted " in *" nginx-light "*) ;; *) return 0 ;; esac
  as_root update-rc.d nginx disable
  as_root env DPKG_MAINTSCRIPT_PACKAGE=nginx-light deb-systemd-helper disable nginx.service >/dev/null
  echo "deps: nginx is installed for the tests only; its system service stays off"
}

# The same for PostgreSQL: its cluster is created, but stays off.
leave_postgresql_off() {
  case " $wanted " in *" postgresql "*) ;; *) return 0 ;; esac
  as_root update-rc.d postgresql disable
  as_root env DPKG_MAINTSCRIPT_PACKAGE=postgresql deb-systemd-helper disable postgresql.service >/dev/null
  echo "deps: postgresql is installed for the tests only; its system service stays off"
}

leave_node_exporter_off() {
  case " $wanted " in *" prometheus-node-exporter "*) ;; *) return 0 ;; esac
  as_root update-rc.d prometheus-node-exporter disable
  as_root env DPKG_MAINTSCRIPT_PACKAGE=prometheus-node-exporter deb-systemd-helper disable \
    prometheus-node-exporter.service >/dev/null
  echo "deps: prometheus-node-exporter is installed for the tests only; its system service stays off"
}

# luarocks and lua-check install Lua 5.1, which takes over the names lua and luac.
points_at() { readlink "/etc/alternatives/$1" || true; }

put_back() {
  now=$(points_at "$1")
  [ -e "$2" ] && [ "$now" != "$2" ] || return 0
  as_root update-alternatives --quiet --set "$1" "$2"
  echo "deps: $1 had been changed to $now; restored to $2"
}

# Also after an aborted install.
leave_as_found() {
  [ -z "$ours" ] || as_root rm -f "$ours"
  put_back lua-interpreter "$interpreter"
  put_back lua-compiler "$compiler"
}

[ $# -gt 0 ] || set -- run
wanted=$(missing "$@")
[ -n "$wanted" ] || exit 0
if ! command -v apt-get >/dev/null; then
  echo "deps: no apt-get here; install the contents of these Debian packages: $wanted" >&2
  exit 1
fi

echo "deps: installing with apt: $wanted"
ours=
interpreter=$(points_at lua-interpreter)
compiler=$(points_at lua-compiler)
: "${interpreter:=/usr/bin/lua5.4}" "${compiler:=/usr/bin/luac5.4}"
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
running=
trap leave_as_found EXIT
trap 'interrupted 130' INT
trap 'interrupted 143' TERM
trap 'interrupted 129' HUP
no_services
install $wanted
leave_nginx_off
leave_postgresql_off
leave_node_exporter_off

wanted=$(missing "$@")
[ -z "$wanted" ] || { echo "deps: still missing after the install: $wanted" >&2; exit 1; }
