"""The text format against what ipvsadm 1.31 printed for the same table."""

import pytest

from lvs.canonical_form import make_table
from lvs.counters import (
    Counters,
    Rates,
    ServerCounters,
    ServerRates,
    ServiceCounters,
    ServiceRates,
)
from lvs.formats import parse
from lvs.formats.listing import render_listing
from lvs.formats.listing_columns import VIEWS
from lvs.model import RealServer
from tests.lvs.examples import TUTORIAL, WEB, with_servers
from tests.lvs.test_ipvsadm_save import SEEN


def counted(table, connections=(0, 0, 0)):
    """Counters of a table for which nothing came; connections: active, inactive, persistent."""
    none = Counters()
    return [
        ServiceCounters(
            s.key,
            none,
            tuple(
                ServerCounters(r.address, r.port, r.weight, *connections, none)
                for r in s.real_servers
            ),
        )
        for s in table.services
    ]


LISTED = """\
TCP  10.0.0.1:80 rr
  -> 10.1.0.1:8080                Masq    3      0          0         
  -> 10.1.0.2:80                  Route   2147483647 0          0         
  -> [fd00::5]:80                 Tunnel  1      0          0         
TCP  10.0.0.9:53 rr persistent 2678400 mask 0.0.0.0
UDP  10.0.0.1:53 mh (mh-fallback,mh-port) persistent 400 mask 255.255.0.0 pe sip ops
UDP  10.0.0.4:53 sh (sh-port)
SCTP [fd00::1]:99 wrr persistent 360 mask 64
  -> 10.8.8.8:99                  Tunnel  1      0          0         
FWM  7 rr
FWM  8 IPv6 rr persistent 360 mask 64
"""  # noqa: W291


def test_every_line_is_as_ipvsadm_lists_it():
    table = parse(SEEN)
    lines = render_listing(table, counted(table)).splitlines()
    assert lines[:2] == [
        "Prot LocalAddress:Port Scheduler Flags",
        "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn",
    ]
    assert [line for line in LISTED.splitlines() if line not in lines] == []


def test_stats_have_ipvsadms_columns():
    table = parse(SEEN)
    lines = render_listing(table, counted(table), view="stats").splitlines()
    assert lines[0] == (
        "Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes"
    )
    assert "TCP  10.0.0.1:80                         0        0        0        0        0" in lines
    assert "  -> 10.1.0.2:80                         0        0        0        0        0" in lines


NUMBERS = (99_999_999, 100_000_000, 1_000_000_000, 100_000_000_000, 10**14)


def test_large_numbers_are_shortened_as_ipvsadm_does():
    found = [ServiceCounters(WEB.key, Counters(*NUMBERS), ())]
    assert render_listing(TUTORIAL, found, view="stats").splitlines()[2] == (
        "TCP  192.168.49.134:80            99999999  100000K    1000M     100G     100T"
    )


def test_exact_numbers_are_not_shortened_and_never_touch():
    found = [ServiceCounters(WEB.key, Counters(*NUMBERS), ())]
    assert render_listing(TUTORIAL, found, view="stats", exact=True).splitlines()[2] == (
        "TCP  192.168.49.134:80            99999999 100000000 1000000000 100000000000 "
        "100000000000000"
    )


RATES = [
    ServiceRates(
        WEB.key,
        Rates(3, 40, 30, 100_000_000, 5000),
        (ServerRates("192.168.1.103", 80, Rates(2, 20, 15, 2000, 2500)),),
    )
]


def test_rates_have_ipvsadms_columns_and_are_shortened_alike():
    assert render_listing(TUTORIAL, rates=RATES, view="rate") == (
        """\
Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   OutBPS
  -> RemoteAddress:Port
TCP  192.168.49.134:80                   3       40       30  100000K     5000
  -> 192.168.1.103:80                    2       20       15     2000     2500
  -> 192.168.1.104:80                    -        -        -        -        -
"""
    )


def test_exact_rates_are_not_shortened():
    lines = render_listing(TUTORIAL, rates=RATES, view="rate", exact=True).splitlines()
    assert lines[2].split()[2:] == ["3", "40", "30", "100000000", "5000"]


LIMITED = make_table([with_servers(RealServer("192.168.1.103", 80, "direct", 20, 60000, 7))])


def test_thresholds_have_ipvsadms_columns():
    assert render_listing(LIMITED, counted(LIMITED, (4, 5, 6)), view="thresholds") == (
        """\
Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn 
  -> RemoteAddress:Port
TCP  192.168.49.134:80 rr
  -> 192.168.1.103:80             60000      7          4          5         
"""  # noqa: W291
    )


def test_persistent_connections_have_ipvsadms_columns():
    assert render_listing(LIMITED, counted(LIMITED, (4, 5, 6)), view="persistent-conn") == (
        """\
Prot LocalAddress:Port            Weight    PersistConn ActiveConn InActConn 
  -> RemoteAddress:Port
TCP  192.168.49.134:80 rr
  -> 192.168.1.103:80             20        6           4          5         
"""  # noqa: W291
    )


def tunnel(last, *settings):
    return RealServer(f"192.168.1.{last}", 80, "tunnel", 1, 0, 0, *settings)


def test_tunnels_have_ipvsadms_columns():
    table = make_table(
        [
            with_servers(
                RealServer("192.168.1.1", 80),
                tunnel(2),
                tunnel(3, "gue", 6080, "none"),
                tunnel(4, "gue", 6080, "csum"),
                tunnel(5, "gue", 6080, "remcsum"),
                tunnel(6, "gre", 0, "none"),
                tunnel(7, "gre", 0, "csum"),
            )
        ]
    )
    assert render_listing(table, counted(table), view="tun-info") == (
        """\
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward TunnelInfo    Weight ActiveConn InActConn
TCP  192.168.49.134:80 rr
  -> 192.168.1.1:80               Masq    n/a           1      0          0         
  -> 192.168.1.2:80               Tunnel  ipip          1      0          0         
  -> 192.168.1.3:80               Tunnel  gue:6080:-c   1      0          0         
  -> 192.168.1.4:80               Tunnel  gue:6080:+c   1      0          0         
  -> 192.168.1.5:80               Tunnel  gue:6080:r+c  1      0          0         
  -> 192.168.1.6:80               Tunnel  gre:-c        1      0          0         
  -> 192.168.1.7:80               Tunnel  gre:+c        1      0          0         
"""  # noqa: W291
    )


@pytest.mark.parametrize("view", VIEWS)
def test_without_counters_the_columns_say_that_nothing_is_known(view):
    assert render_listing(TUTORIAL, view=view).splitlines()[3].split()[-2:] == ["-", "-"]
