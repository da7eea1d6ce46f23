#!/bin/sh
# A machine whose serial ports are pseudo-terminals: /sys and /dev are made up, in a mount namespace of their own (root).
#   ports_machine.sh NAME=PTY[,LINK…]… -- COMMAND…
# A LINK is a name in /dev/serial, such as by-path/pci-usb-1.
set -eu
if [ "${DFOTA_PORTS_MACHINE:-}" != inside ]; then
  DFOTA_PORTS_MACHINE=inside exec unshare -m sh "$0" "$@"
fi
mount -t tmpfs sys /sys
mount --bind /dev/pts /sys # out of the way
mount -t tmpfs dev /dev
mkdir /dev/pts /dev/shm /dev/serial /dev/serial/by-id /dev/serial/by-path
mount --move /sys /dev/pts
mknod -m 666 /dev/null c 1 3
mknod -m 666 /dev/urandom c 1 9
mknod -m 666 /dev/tty c 5 0
ln -s pts/ptmx /dev/ptmx
mkdir -p /sys/class/tty
while [ "$1" != -- ]; do
  port=${1%%=*} names=${1#*=},
  mkdir -p "/sys/devices/pci0/usb1/$port"
  ln -s "/sys/devices/pci0/usb1/$port" "/sys/class/tty/$port"
  ln -s "${names%%,*}" "/dev/$port"
  names=${names#*,}
  while [ -n "$names" ]; do
    ln -s "../../$port" "/dev/serial/${names%%,*}"
    names=${names#*,}
  done
  shift
done
shift
exec "$@"
