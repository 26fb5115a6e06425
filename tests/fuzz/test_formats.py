"""Whatever a file of another tool holds: it is a table that can be written again, or an error."""

import re

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from apps.web.given_files import GivenFiles
from lvs.formats import SOURCES, FormatError, read, write
from lvs.formats.surroundings import Surroundings
from tests.fuzz.hostile import FUZZ, TEXTS
from tests.fuzz.reported import TABLE

KEEPALIVED = """global_defs {
  lvs_sync_daemon eth0 VI_1 id 3 maxlen 1400 port 8848 ttl 1 group 224.0.0.81
  lvs_timeouts tcp 900 tcpfin 120 udp 300
}
$VIP=192.0.2.1 # the first
include a.conf
@main $Z=1
@^other $W=3
@other include c.conf
virtual_server ${VIP} 80 {
  lb_algo wrr
  lvs_method TUN type gue port 6080 csum
  protocol TCP
  persistence_timeout 300
  persistence_granularity 255.255.255.0
  sorry_server 192.0.2.99 80
  ~LST({A, B}, {7, 1}, {8, 2}) real_server 192.0.2.$A 80 { weight $B }
  real_server 192.0.2.10 80 {
    uthreshold 9
    TCP_CHECK {
      connect_timeout 3
    }
  }
}
virtual_server_group g {
  192.0.2.5-7 443
  fwmark 7
}
virtual_server group g {
  protocol UDP
  ops
  ha_suspend
  quorum 2
  real_server 192.0.2.20 0 {
    weight 0
    inhibit_on_failure
  }
}
"""
LDIRECTORD = """checktimeout=3
autoreload = yes
virtual=192.0.2.1:80
\treal=192.0.2.2->192.0.2.4:80 masq 7
\treal=192.0.2.9:80 ipip 5 "GET /", "OK"
\tfallback=127.0.0.1:80 gate
\tservice=http
\tscheduler=sh
\tschedflags=sh-port,sh-fallback
\tpersistent=600
\tnetmask=255.255.255.255
\tprotocol=tcp
virtual6=[fd00::5]:53
\treal6=[fd00::6]:53 gate
\tprotocol=udp
virtual=7
\treal=192.0.2.2 gate
\tprotocol=fwm
"""
SEEDS = {source: [write(TABLE, source)[0]] for source in SOURCES}
SEEDS["keepalived"].append(KEEPALIVED)
SEEDS["ldirectord"].append(LDIRECTORD)
SEEDS["ipvsadm"].append(
    "--set 900 120 300\n--start-daemon master --mcast-interface eth0 --syncid 1\n"
)
FILES = {
    "./a.conf": "$W=4\ninclude b.conf\n",
    "./b.conf": "$V=1\n",
    "./c.conf": "include c.conf\n}{\0",
}
AROUND = Surroundings(load=GivenFiles(FILES).load, config_id="main")
TOKEN = re.compile(r"[ \t]+|\w+|\n|.")
WORDS = sorted({word for texts in SEEDS.values() for text in texts for word in TOKEN.findall(text)})
NUMBERS = ["0", "-1", "65536", "4294967296", "9" * 30, "0x1F", "1.5", "٣", "1_0", "+1", "1e9"]
SHORT = [text for text in TEXTS if len(text) < 100]


@st.composite
def files(draw):
    """A file of a tool, with words that are other ones, gone, doubled or more; and how it is read."""
    source = draw(st.sampled_from(SOURCES))
    words = TOKEN.findall(draw(st.sampled_from(SEEDS[source])))
    for _ in range(draw(st.sampled_from([0, 1, 1, 1, 1, 2, 4]))):
        at = draw(st.integers(0, max(0, len(words) - 1)))
        if words[at : at + 1] and words[at].isdecimal() and draw(st.booleans()):
            words[at] = draw(st.sampled_from(NUMBERS) | st.integers(0, 300).map(str))
            continue
        lines = [i for i, word in enumerate(words) if word == "\n"]
        if lines and draw(st.booleans()):  # a line again, or one less
            end = draw(st.sampled_from(lines))
            start = max([i + 1 for i in lines if i < end], default=0)
            words[start : end + 1] *= draw(st.sampled_from([0, 0, 2, 9]))
            continue
        new = draw(st.sampled_from(WORDS) | st.sampled_from(NUMBERS + SHORT) | st.text(max_size=3))
        until = at + draw(st.sampled_from([0, 1, 1, 1, 5, len(words)]))
        words[at:until] = [new] * draw(st.sampled_from([1, 1, 1, 2, 30]))
    read_as = draw(st.sampled_from(["auto", *[source] * 6, *SOURCES]))
    return "".join(words), read_as


@pytest.mark.parametrize("source", SOURCES)
def test_what_the_files_begin_as_is_read(source):
    for text in SEEDS[source]:
        read(text, source, AROUND)


@settings(FUZZ, max_examples=300)
@given(file=files())
@example(file=(KEEPALIVED, "keepalived"))
@example(file=(LDIRECTORD, "ldirectord"))
@example(file=("--start-daemon master --mcast-interface a\\\\\U0001f600\n", "ipvsadm"))
def test_it_is_a_table_that_can_be_written_or_an_error_with_its_line(file):
    text, source = file
    try:
        reading = read(text, source, AROUND)
    except FormatError as error:
        event(f"{source}: error")
        where = FILES.get(error.file, text) if error.file else text
        assert error.line is None or 1 <= error.line <= where.count("\n") + 1
        assert 0 < len(error.message) < 600
        assert error.message.isprintable()
        return
    event(f"{source}: read")
    for note in (*reading.notes, *reading.warnings):
        assert note.line is None or note.line >= 1
        assert note.message.isprintable()
    for target in SOURCES:
        written, left_out = write(reading.table, target)
        if not left_out:
            assert read(written, target).table.digest == reading.table.digest
    assert read(write(reading.table, "json")[0], "json").table == reading.table
