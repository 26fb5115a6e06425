"""The text format against what ipvsadm 1.31 printed for the same table."""

from lvs.counters import Counters, ServerCounters, ServiceCounters
from lvs.formats import parse, render
from tests.lvs.examples import TUTORIAL, WEB
from tests.lvs.test_ipvsadm_save import SEEN


def zeros(table):
    none = Counters()
    return [
        ServiceCounters(
            s.key,
            none,
            tuple(
                ServerCounters(r.address, r.port, r.weight, 0, 0, 0, none) for r in s.real_servers
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
    lines = render(table, "text", zeros(table)).splitlines()
    assert lines[:2] == [
        "Prot LocalAddress:Port Scheduler Flags",
        "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn",
    ]
    assert [line for line in LISTED.splitlines() if line not in lines] == []


def test_stats_have_ipvsadms_columns():
    table = parse(SEEN)
    lines = render(table, "text", zeros(table), stats=True).splitlines()
    assert lines[0] == (
        "Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes"
    )
    assert "TCP  10.0.0.1:80                         0        0        0        0        0" in lines
    assert "  -> 10.1.0.2:80                         0        0        0        0        0" in lines


def test_large_numbers_are_shortened_as_ipvsadm_does():
    numbers = (99_999_999, 100_000_000, 1_000_000_000, 100_000_000_000, 10**14)
    text = render(TUTORIAL, "text", [ServiceCounters(WEB.key, Counters(*numbers), ())], stats=True)
    assert text.splitlines()[2] == (
        "TCP  192.168.49.134:80            99999999  100000K    1000M     100G     100T"
    )


def test_without_counters_the_columns_say_that_nothing_is_known():
    assert render(TUTORIAL, "text").splitlines()[3].split()[-2:] == ["-", "-"]
