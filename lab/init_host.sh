# shellcheck shell=sh
# init.sh's part for namespaces of the host's kernel. Its root is the host's, writable: from here on
# nothing may reach it but the one shared folder, and nothing of the kernel but this network.

old=/lab-old-root

power_off() {
    exit # process 1: the kernel ends all others of this namespace
}

make_root() {
    memory=$LAB_FOLDER/memory
    root=$memory/root
    mkdir "$memory"
    must mount -t tmpfs -o "mode=755,size=$LAB_MEMORY" memory "$memory"
    mkdir "$root"
    layers=0
    must layer /
    while IFS= read -r place; do # a layer for each file system: an overlay shows one only
        layer "$place"
    done <"$LAB_FOLDER/mounts"

    mkdir "$root$old"
    cd "$root" || power_off
    must pivot_root . ".$old"
    cd / || power_off

    must mount -t proc proc /proc
    must mount --bind /proc/sys /proc/sys
    must mount --bind /proc/sys/net /proc/sys/net # each network namespace has its own
    must mount -o remount,bind,ro /proc/sys
    if [ -e /proc/sysrq-trigger ]; then # it would switch off the host
        must mount --bind "$old/dev/null" /proc/sysrq-trigger
    fi
    must mount -t sysfs -o ro sysfs /sys
    must mount -t tmpfs -o mode=755 tmpfs /dev
    for name in null zero full random urandom tty; do
        : >"/dev/$name"
        must mount --bind "$old/dev/$name" "/dev/$name"
        must mount -o remount,bind,ro "/dev/$name" # their modes are the host's
    done
    mkdir /dev/pts /dev/shm
    link_streams
    must mount -t devpts -o newinstance,ptmxmode=0666 devpts /dev/pts
    ln -s pts/ptmx /dev/ptmx
}

# layer PLACE: what the host has there, with memory over it.
layer() {
    if [ -d "$1" ] && [ -d "$root$1" ]; then
        layers=$((layers + 1))
        mkdir -p "$memory/$layers/upper" "$memory/$layers/work"
        upper="upperdir=$memory/$layers/upper,workdir=$memory/$layers/work"
        # Relative, as a colon or a comma in a name would mean something.
        (cd "$1" && mount -t overlay -o "lowerdir=.,$upper" overlay "$root$1") && return
    fi
    # Some file systems can't lie below an overlay, and some places are files.
    [ -e "$root$1" ] && mount --bind "$1" "$root$1" && mount -o remount,bind,ro "$root$1"
}

finish_root() {
    if [ -n "$LAB_WRITABLE" ]; then
        mkdir -p "$LAB_WRITABLE"
        must mount --rbind "$old$LAB_WRITABLE" "$LAB_WRITABLE"
    fi
    must umount -l "$old"
    rmdir "$old"
    must wait_for_network
}

wait_for_network() { # slirp4netns, beside us, makes eth0
    tries=0
    until ip link show eth0 >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ "$tries" -lt 100 ] || return 1
        sleep 0.05
    done
}
