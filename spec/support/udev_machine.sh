#!/bin/sh
# A machine with one USB serial adapter and a real udev: /sys, /dev and /run are made up, in a mount namespace of their
# own (root), and udevadm applies the rules of the system and those of contrib/udev to the adapter.
#   udev_machine.sh VENDOR PRODUCT SERIAL INTERFACE PORT RULES COMMAND…
# SERIAL may be empty; RULES is a list of files, each with the name it gets after a colon. COMMAND runs on the machine.
set -eu
if [ "${DFOTA_UDEV_MACHINE:-}" != inside ]; then
  DFOTA_UDEV_MACHINE=inside exec unshare -m sh "$0" "$@"
fi
vendor=$1 product=$2 serial=$3 interface=$4 port=$5 rules=$6
shift 6

mount -t tmpfs run /run
mount -t tmpfs dev /dev
mount -t tmpfs sys /sys
mkdir -p /run/udev/rules.d /dev/shm
mknod -m 666 /dev/null c 1 3
mknod /dev/ttyUSB0 c 188 0
for rule in $rules; do cp "${rule%%:*}" "/run/udev/rules.d/${rule#*:}"; done

put() { printf '%b\n' "$2" >"$1"; }
pci=/sys/devices/pci0000:00/0000:00:14.0
usb=$pci/usb1/1-2
function=$usb/1-2:1.$((0x$interface))
tty=$function/ttyUSB0/tty/ttyUSB0
mkdir -p "$tty" /sys/class/tty /sys/bus/pci /sys/bus/usb/drivers/some /sys/bus/usb-serial/drivers/some_serial
for device in "$pci:bus/pci" "$usb:bus/usb" "$function:bus/usb" "$function/ttyUSB0:bus/usb-serial" "$tty:class/tty"; do
  ln -s "/sys/${device##*:}" "${device%:*}/subsystem"
done
ln -s /sys/bus/usb-serial/drivers/some_serial "$function/ttyUSB0/driver"
ln -s "$tty" /sys/class/tty/ttyUSB0
put "$pci/uevent" 'DRIVER=xhci_hcd'
put "$usb/uevent" 'DEVTYPE=usb_device\nBUSNUM=001\nDEVNUM=002'
put "$usb/idVendor" "$vendor"
put "$usb/idProduct" "$product"
put "$usb/manufacturer" Maker
put "$usb/product" 'USB UART'
[ -z "$serial" ] || put "$usb/serial" "$serial"
put "$function/uevent" DEVTYPE=usb_interface
put "$function/bInterfaceNumber" "$interface"
put "$function/bInterfaceClass" ff
put "$function/ttyUSB0/uevent" ''
put "$function/ttyUSB0/port_number" "$port"
put "$tty/uevent" 'MAJOR=188\nMINOR=0\nDEVNAME=ttyUSB0'
put "$tty/dev" 188:0

# udev writes its database and makes the links, though it calls that a test.
SYSTEMD_DEVICE_VERIFY_SYSFS=0 udevadm test --action=add "$tty" >/run/udev.log 2>&1
grep -E 'rules:[0-9]+.*(nvalid|nknown|ailed|gnoring)' /run/udev.log && exit 1
"$@"
