#!/bin/sh
# Process 1 of the guest. Its root is the host's file system; this puts a layer of memory over it, so
# that the guest is a normal machine whose writes reach no disk, then builds the topology and hands
# over to guest.py. LAB_PYTHON is the interpreter. Where the guest is namespaces of the host's kernel
# (see host.py) LAB_FOLDER is set, and standard output is the line to the host.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
here=${0%/*}

if [ -n "${LAB_FOLDER-}" ]; then
    exec 3>&1 >&2
    export LAB_LINE=3
    . "$here/init_host.sh"
else
    . "$here/init_uml.sh"
fi

must() {
    "$@" && return
    echo "lab: this failed in the guest: $*"
    power_off
}

link_streams() {
    ln -s /proc/self/fd /dev/fd
    ln -s /proc/self/fd/0 /dev/stdin
    ln -s /proc/self/fd/1 /dev/stdout
    ln -s /proc/self/fd/2 /dev/stderr
}

make_root
must mount -t tmpfs tmpfs /dev/shm
must mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lock /run/netns
finish_root

must sh "$here/topology.sh"
"$LAB_PYTHON" -I -S "$here/guest.py"
power_off
