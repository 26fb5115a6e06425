# shellcheck shell=sh
# init.sh's part for a kernel of its own: its root is the host's file system, read-only.

power_off() {
    sync
    echo o >/proc/sysrq-trigger
    sleep 10
}

make_root() {
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
    link_streams
    must mount -t devpts devpts /dev/pts
}

finish_root() {
    mkdir -p /lib/modules
    [ -e "/lib/modules/$kernel" ] || ln -s "$modules" "/lib/modules/$kernel"
    must sh "$here/modules.sh"
}
