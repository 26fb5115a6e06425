#!/bin/sh
# Process 1 of the guest. Its root is the host's file system, read-only; this puts a layer of memory
# over it, so that the guest is a normal machine whose writes reach no disk, then builds the topology
# and hands over to guest.py. From the kernel's command line: LAB_PYTHON, the interpreter.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
here=${0%/*}

power_off() {
    sync
    echo o >/proc/sysrq-trigger
    sleep 10
}

must() {
    "$@" && return
    echo "lab: this failed in the guest: $*"
    power_off
}

must mount -t proc proc /proc
kernel=$(uname -r)
modules=/usr/lib/uml/modules/$kernel

must mount -t tmpfs -o size=75% memory /mnt
mkdir /mnt/upper /mnt/work /mnt/root
must insmod "$modules/kernel/fs/overlayfs/overlay.ko"
must mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work overlay /mnt/root
cd /mnt/root || power_off
# pivot_root moves the kernel's own root too, so that it finds the modules when it loads one itself.
must pivot_root . mnt
cd / || power_off
must mount -t proc proc /proc
umount -l /mnt

must mount -t sysfs sysfs /sys
must mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm
ln -s /proc/self/fd /dev/fd
ln -s /proc/self/fd/0 /dev/stdin
ln -s /proc/self/fd/1 /dev/stdout
ln -s /proc/self/fd/2 /dev/stderr
must mount -t devpts devpts /dev/pts
must mount -t tmpfs tmpfs /dev/shm
must mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lock /run/netns /lib/modules
[ -e "/lib/modules/$kernel" ] || ln -s "$modules" "/lib/modules/$kernel"

must sh "$here/topology.sh"
"$LAB_PYTHON" -I -S "$here/guest.py"
power_off
