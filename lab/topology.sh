#!/bin/sh
# The NAT tutorial's machines. The director is the guest's root namespace; the others are namespaces.
#
#   client 192.168.49.1 ── outer ── 192.168.49.134 (VIP) director 192.168.1.105 ── inner ── web1 .103
#          fd00:49::1               fd00:49::134                  fd00:1::105            └─ web2 .104
#
# eth0 of the director leads to the host (by slirp): the host's loopback is 10.0.2.2 there.
set -e

hostname director

# Where the kernel finds lo down it refuses every real server.
ip -batch - <<EOF
netns add client
netns add web1
netns add web2
link set lo up
link add outer type veth peer name eth0 netns client
link add inner type bridge
link add web1 type veth peer name eth0 netns web1
link add web2 type veth peer name eth0 netns web2
link set web1 master inner
link set web2 master inner
link set outer up
link set inner up
link set web1 up
link set web2 up
address add 192.168.49.134/24 dev outer
address add fd00:49::134/64 dev outer nodad
address add 192.168.1.105/24 dev inner
address add fd00:1::105/64 dev inner nodad
address add 10.0.2.15/24 dev eth0
link set eth0 up
route add default via 10.0.2.2
EOF

ip -n client -batch - <<EOF
link set lo up
address add 192.168.49.1/24 dev eth0
address add fd00:49::1/64 dev eth0 nodad
link set eth0 up
EOF

real_server() {
    ip -n "$1" -batch - <<EOF
link set lo up
address add 192.168.1.$2/24 dev eth0
address add fd00:1::$2/64 dev eth0 nodad
link set eth0 up
route add default via 192.168.1.105
route add default via fd00:1::105
EOF
}
real_server web1 103
real_server web2 104

echo 1 >/proc/sys/net/ipv4/ip_forward
echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
