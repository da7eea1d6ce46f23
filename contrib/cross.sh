#!/bin/sh
# Compiles the core for other architectures with the installed compilers, strictly, and runs what can
# run: its pure parts (their digest must equal this machine's) under qemu-user, and its ports if this
# kernel runs the program natively. What is not installed is listed and skipped.
set -u
: "${STRICT:?}" "${CC:=cc}"
work=build/cross
rm -rf $work && mkdir -p $work/include
failed=0 built=0 left=

# Headers that are the same for every architecture, separated from those that are not.
include=$work/include
ln -s "$(pkg-config --variable=includedir libserialport)/libserialport.h" $include/
ln -s "$(pkg-config --variable=includedir libmd)/sha2.h" $include/
for header in "$(pkg-config --variable=includedir lua5.4)"/lua5.4/*.h /usr/include/*/lua5.4-deb-multiarch.h; do
  [ ! -e "$header" ] || ln -sf "$header" $include/
done
# musl comes without the kernel's headers.
mkdir -p $work/kernel
ln -s /usr/include/linux /usr/include/asm-generic $work/kernel/
ln -s "/usr/include/$(uname -m)-linux-gnu/asm" $work/kernel/asm

pure="core/at_*.c core/upload.c"
ports="core/baud.c core/failure.c core/holder.c core/hurry.c core/pty.c core/serial.c core/serial_list.c
  core/serial_open.c core/serial_tty.c core/signals.c core/stream.c core/wait.c"

compile() { # name compiler
  mkdir -p "$work/$1"
  for source in core/*.c; do
    $2 $flags -O2 -fPIC -c -o "$work/$1/$(basename "$source" .c).o" "$source" || return
  done
  $2 $flags -O2 -static -o "$work/$1/digest" spec/cross/digest.c $pure || return
  $2 $flags -O2 -static -o "$work/$1/ports" spec/cross/ports.c $ports -lm
}

run() { # name runner
  digest=$($2 "$work/$1/digest") || return
  [ "$1" != native ] || own=$digest
  said="digest $digest"
  [ "$digest" = "$own" ] || { echo "cross $1: $said differs from this machine's $own"; return 1; }
  case $2 in
  "") ports_say=$("$work/$1/ports") || return; said="$said, ports $ports_say" ;;
  *) said="$said (ports: not under qemu)" ;;
  esac
}

target() { # name compiler runner, "" for none
  if ! command -v "${2%% *}" >/dev/null; then left="$left $1 (no $2)"; return; fi
  flags="$STRICT -Werror -Icore -isystem $include"
  [ "$1" != musl ] || flags="$flags -idirafter $work/kernel"
  said="not run: no $3"
  if ! compile "$1" "$2" 2>$work/$1.log; then
    cat "$work/$1.log"; echo "cross $1: DOES NOT COMPILE"; failed=1; return
  fi
  if [ -z "$3" ] || command -v "$3" >/dev/null; then
    run "$1" "$3" || { echo "cross $1: FAILED"; failed=1; return; }
  fi
  built=$((built + 1))
  echo "cross $1: $said"
}

# Most x86-64 kernels run i686 programs natively.
i386=qemu-i386
if [ "$(uname -m)" = x86_64 ] && command -v i686-linux-gnu-gcc >/dev/null; then
  echo 'int main(void) { return 0; }' >$work/probe.c
  i686-linux-gnu-gcc -static -o $work/probe $work/probe.c && $work/probe 2>/dev/null && i386=
fi

target native "$CC" ""
target i686 i686-linux-gnu-gcc "$i386"
target musl musl-gcc ""
target aarch64 aarch64-linux-gnu-gcc qemu-aarch64
target armhf arm-linux-gnueabihf-gcc qemu-arm
target ppc64le powerpc64le-linux-gnu-gcc qemu-ppc64le
target s390x s390x-linux-gnu-gcc qemu-s390x
[ -z "$left" ] || echo "cross: skipped:$left"
[ $failed = 0 ] && echo "cross: $built architectures agree"
