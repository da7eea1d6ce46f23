#!/bin/sh
# The ports of a real Linux kernel without hardware: boots a guest in QEMU that sees this machine's
# root folder (read-only below, changes stay in the guest's memory), with an 8250 port and an FTDI
# adapter at whose far ends simulated modules run here, and runs spec/qemu/ports.lua in it.
set -eu
: "${LUA:=lua5.4}" "${LIMIT_S:=600}"
cache=build/qemu
log=$cache/guest.log
mkdir -p $cache

archive() { find $cache -name "$1*.deb" | head -n 1; }

# What stands behind the name of the newest kernel; else the name itself.
real_name() {
  case $1 in
  linux-image) apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: //p' | head -n 1 ;;
  *) echo "$1" ;;
  esac
}

# Downloaded once and not installed: Debian's kernel (the cloud kernel has neither USB nor 9p) and a
# static busybox.
fetch() {
  [ -z "$(archive "$1")" ] || return 0
  package=$(real_name "$1")
  echo "qemu: downloading $package"
  if ! (cd $cache && apt-get download -qq "$package" 2>/dev/null); then
    echo "qemu: $1 cannot be downloaded; is apt-get update due?" >&2
    exit 1
  fi
}

unpack() { # PACKAGE PATTERN…: into $cache/root
  fetch "$1"
  deb=$(archive "$1")
  shift
  dpkg-deb --fsys-tarfile "$deb" | tar -x -C $cache/root --wildcards "$@"
}

# In the order in which they need each other.
MODULES='usb-common usbcore xhci-hcd xhci-pci usbserial ftdi_sio overlay
  cdc-acm udc-core dummy_hcd configfs libcomposite u_serial usb_f_acm g_serial
  virtio_ring virtio_pci_modern_dev virtio_pci_legacy_dev virtio virtio_pci
  9pnet 9pnet_virtio netfs fscache 9p'

build_initramfs() {
  rm -rf $cache/root && mkdir -p $cache/root/modules
  unpack linux-image './boot/vmlinuz-*' $(printf './lib/modules/*/%s.ko ' $MODULES)
  unpack busybox-static ./bin/busybox
  mv $cache/root/boot/vmlinuz-* $cache/vmlinuz
  for module in $MODULES; do
    find $cache/root/lib -name "$module.ko" -exec mv {} $cache/root/modules \;
    echo "$module" >>$cache/root/modules/order
  done
  rm -rf $cache/root/lib $cache/root/boot
  pwd >$cache/root/project
  install -m 755 spec/qemu/init.sh $cache/root/init
  (cd $cache/root && find . | cpio -o -H newc --quiet) >$cache/initramfs
}

# Prints the port of a simulated module that ends with this shell.
start_module() { # NAME SWITCHES
  $LUA scripts/sim.lua --quiet --owned --spec "$2" >$cache/"$1" &
  while ! [ -s $cache/"$1" ]; do kill -0 $! || exit 1; sleep 0.1; done
}

# The guest plugs and unplugs by itself: its third port is QEMU's own monitor. isa-debug-exit ends
# QEMU with 2n + 1 for the n written to it, so 1 is success, and 0 an end that nobody asked for.
boot() {
  timeout -k 10 "$LIMIT_S" qemu-system-x86_64 \
    -machine pc,accel=tcg -m 192 -nodefaults -no-reboot -display none \
    -kernel $cache/vmlinuz -initrd $cache/initramfs -append 'console=ttyS0 quiet panic=-1' \
    -fsdev local,id=host,path=/,security_model=none,readonly=on,multidevs=remap \
    -device virtio-9p-pci,fsdev=host,mount_tag=host \
    -chardev stdio,id=console -device isa-serial,chardev=console,index=0 \
    -chardev serial,id=uart,path="$(cat $cache/uart)" -device isa-serial,chardev=uart,index=1 \
    -chardev socket,id=control,path=$cache/monitor,server=on,wait=off \
    -device isa-serial,chardev=control,index=2 \
    -chardev socket,id=monitor,path=$cache/monitor -mon chardev=monitor,mode=control \
    -device qemu-xhci,id=xhci -chardev serial,id=usb,path="$(cat $cache/usb)" \
    -device usb-serial,id=adapter,chardev=usb,bus=xhci.0,port=1,serial=FT0001 \
    -device isa-debug-exit,iobase=0xf4,iosize=1 </dev/null
}

build_initramfs
rm -f $cache/uart $cache/usb $cache/monitor
trap 'kill $modules 2>/dev/null' EXIT
start_module uart link=115200
modules=$!
start_module usb link=115200,update_s=10
modules="$modules $!"

rc=0
{ boot || echo "qemu ended with $?"; } | tr -d '\r' | tee $log
grep -q '^qemu ended with 1$' $log || rc=1
passed=$(grep -c '^ok ' $log) || rc=1
failed=$(grep -c '^not ok ' $log) && rc=1
echo "$passed passed, $failed failed"
[ $rc = 0 ] || echo "qemu: see $log"
exit $rc
