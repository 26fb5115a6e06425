"""The functions of the script that checks a real server: POSIX sh that only reads."""

HEAD = """\
#!/bin/sh
# Checks on the real server {address} whether it is ready for what its director sends it.
# Changes nothing. Prints a line for each point; exit status 1 when one is wrong, else 0.
# usage: sh FILE [CLIENT]    CLIENT: the address of a client, to look at the way back to it
"""

FUNCTIONS = """\
bad=0
ok() { echo "ok     $1"; }
wrong() { # TEXT [COMMAND THAT MENDS IT]
    echo "wrong  $1"
    [ -z "${2-}" ] || echo "       mend: $2"
    bad=1
}
family() { case $1 in *:*) echo -6 ;; *) echo -4 ;; esac; }
holder() { ip "$(family "$1")" -o address show to "$1" | awk '{print $2; exit}'; }
greater() { # SETTING INTERFACE: the greater of its values there and of `all` counts
    for name in all "$2"; do cat "/proc/sys/net/ipv4/conf/$name/$1" 2>/dev/null; done | sort -n | tail -n 1
}
way_back() { # SOURCE: the route by which it answers a client
    case $1 in *:*) to=2001:db8::1 ;; *) to=192.0.2.1 ;; esac
    [ "$(family "${client:-$to}")" != "$(family "$to")" ] || to=${client:-$to}
    ip "$(family "$1")" -o route get "$to" from "$1" 2>&1
}

check_here() { # ADDRESS
    dev=$(holder "$1")
    if [ -n "$dev" ]; then
        ok "$1 is an address of this machine, on $dev"
    else
        wrong "$1 is no address of this machine: run this on that real server"
    fi
}
check_replies_over() { # ADDRESS DIRECTOR MEND
    found=$(way_back "$1")
    case " $found " in
    *" via $2 "*) ok "replies go over the director, $2" ;;
    *) wrong "replies miss the director, $2, so clients never see them ($found)" "$3" ;;
    esac
}
check_replies_past() { # VIP DIRECTOR
    found=$(way_back "$1")
    case " $found " in
    *" via $2 "*) wrong "replies from $1 go over the director, $2, which drops its own address" ;;
    *" dev "*) ok "replies from $1 go straight to clients" ;;
    *) wrong "there is no way back from $1 to clients ($found)" ;;
    esac
}
check_vip() { # VIP PREFIX MEND
    found=$(holder "$1")
    if [ -z "$found" ]; then
        wrong "no interface holds $1: its packets are not taken" "$3"
    elif [ "$found" = "$dev" ]; then
        wrong "$1 is on $dev, which others can ask for it" "ip address del $1/$2 dev $dev; $3"
    elif ip "$(family "$1")" -o address show to "$1" | grep -qF " $1/$2 "; then
        ok "$1 is on $found"
    else
        wrong "$1 is on $found with a whole network: packets for others stay here" "$3"
    fi
}
check_arp() { # SETTING VALUE
    found=$(greater "$1" "${dev:-all}")
    if [ "${found:-0}" -ge "$2" ]; then
        ok "$1 is $found"
    else
        wrong "$1 is ${found:-not there}: this machine takes the virtual address for itself" \\
            "sysctl -w net/ipv4/conf/all/$1=$2 net/ipv4/conf/${dev:-all}/$1=$2"
    fi
}
check_tunnel() { # KIND MEND
    tunnels=$(ip -o link show type "$1" up | awk -F ': ' '{sub(/@.*/, "", $2); print $2}')
    if [ -n "$tunnels" ]; then
        ok "a device takes $1 packets"
    else
        wrong "no device that is up takes $1 packets" "$2"
    fi
}
check_loose() { # any of the tunnels will do
    for tunnel in $tunnels; do
        found=$(greater rp_filter "$tunnel")
        if [ "$found" = 1 ]; then
            wrong "rp_filter of $tunnel is strict: clients' packets are dropped in silence" \\
                "sysctl -w net/ipv4/conf/$tunnel/rp_filter=2"
        else
            ok "rp_filter of $tunnel is $found"
        fi
    done
}
check_gue() { # PORT MEND
    if ip fou show 2>/dev/null | grep -q "port $1 gue"; then
        ok "GUE is taken on UDP port $1"
    else
        wrong "GUE is not taken on UDP port $1" "$2"
    fi
}

client=${1-}
dev=
tunnels=
command -v ip >/dev/null || { wrong "the program ip is not there: install iproute2"; exit 1; }
"""

TAIL = '[ "$bad" = 0 ] && echo "All is as it should be."\nexit "$bad"\n'
