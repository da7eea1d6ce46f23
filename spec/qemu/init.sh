#!/bin/busybox sh
# The guest's first process: loads the drivers, puts the host's root folder under a layer of memory,
# runs the specs in it, and tells QEMU how they ended.
/bin/busybox mkdir -p /proc /dev /host /memory /root
/bin/busybox --install -s /bin

finish() { # 0: all is well
  printf "\\$(printf %03o "$1")" | dd of=/dev/port bs=1 seek=244 2>/dev/null # 0xf4, isa-debug-exit
  poweroff -f
}

mount -t proc proc /proc
mount -t devtmpfs dev /dev
while read -r module; do insmod /modules/"$module".ko || finish 2; done </modules/order

mount -t tmpfs memory /memory
mkdir /memory/above /memory/work
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,cache=loose,ro host /host || finish 2
mount -t overlay -o lowerdir=/host,upperdir=/memory/above,workdir=/memory/work root /root || finish 2
mount -t devtmpfs dev /root/dev
mount -t proc proc /root/proc
mount -t sysfs sys /root/sys
mount -t tmpfs run /root/run
mkdir -p /root/run/lock /root/dev/pts
mount -t devpts devpts /root/dev/pts

cat >/root/run/specs <<END
cd '$(cat /project)' &&
PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin HOME=/run TMPDIR=/run DFOTA_PATIENCE_S=120 \
  lua5.4 \$(command -v busted) --ignore-lua -o TAP spec/qemu/ports.lua
END
chroot /root /bin/sh /run/specs </dev/null >/dev/console 2>&1
finish $?
