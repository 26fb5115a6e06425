"""The kernel's connection list as lines: what was captured, and any bytes at all."""

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvs.addresses import endpoint
from lvs.connections.lines import LONGEST_LINE, Count, read_fields, whole_lines
from lvs.connections.row import address_bytes, decode, raw_address, raw_mark
from tests.lvs.captured_list import LINES, LIST, LIST_WITH_ORIGIN, LISTED
from tests.lvs.strategies import ipv4_addresses, ipv6_addresses
from tests.lvs.work import steps_of

HEADING = LIST.read_bytes().splitlines(keepends=True)[0]
GOOD = b"TCP CB007109 ECE9 C0A83186 0050 C0A80168 0050 ESTABLISHED     895\n"


def read(data, chunk=65536):
    """The rows of these bytes, given in chunks, and how much there was."""
    count = Count()
    chunks = (data[start : start + chunk] for start in range(0, len(data), chunk))
    fields = [each for block in read_fields(whole_lines(chunks), count) for each in block]
    return [decode(each) for each in fields], count


def as_ipvsadm_prints(row):
    """A row as `ipvsadm -Lcn` has it, without the time: a mark is printed as an address there."""
    target = endpoint(row.service, row.service_port)
    if row.fwmark:
        target = f"[0:{row.fwmark}::]:0" if ":" in row.client else f"0.0.0.{row.fwmark}:0"
    client = endpoint(row.client, row.client_port)
    name = row.protocol.upper() or "IP"
    return [name, row.state, client, target, endpoint(row.server, row.server_port)]


def test_every_captured_line_says_what_ipvsadm_says_of_it():
    found, count = read(LIST.read_bytes())
    listed = [re.split(" +", line) for line in LISTED.splitlines()[2:]]
    assert [as_ipvsadm_prints(row) for row in found] == [[r[0], *r[2:6]] for r in listed]
    assert (count.read, count.unreadable) == (56, 0)


def test_times_are_those_of_ipvsadm():
    found, _ = read(LIST.read_bytes())
    listed = [re.split(" +", line)[1].split(":") for line in LISTED.splitlines()[2:]]
    behind = [
        row.seconds - (60 * int(minutes) + int(seconds))
        for row, (minutes, seconds) in zip(found, listed, strict=True)
    ]
    assert set(behind) <= {0, 1}  # ipvsadm read it a moment later


def test_the_list_with_origins_is_the_same_and_names_them():
    plain, _ = read(LIST.read_bytes())
    found, count = read(LIST_WITH_ORIGIN.read_bytes())
    blank = {"origin": "", "engine": "", "engine_data": "", "seconds": 0}
    assert [r._replace(**blank) for r in found] == [r._replace(**blank) for r in plain]
    assert {row.origin for row in found} == {"local"}
    assert count.unreadable == 0


def test_a_connection_from_another_director():
    (row,), _ = read(GOOD.replace(b"    895", b"SYNC       895"))
    assert (row.origin, row.seconds) == ("sync", 895)


def test_templates_are_told_from_connections_with_client_port_0():
    found, _ = read(LIST.read_bytes())
    at_port_0 = [row for row in found if row.client_port == 0]
    assert {row.state for row in at_port_0 if row.template} == {"NONE", "ASSURED"}
    assert [row.state for row in at_port_0 if not row.template] == ["UDP"]
    assert not any(row.template for row in found if row.client_port)


def test_templates_of_firewall_marks_in_both_families():
    marked = [row for row in read(LIST.read_bytes())[0] if row.fwmark]
    assert {(row.target, row.protocol, row.service) for row in marked} == {
        ("fwmark 7", "", ""),
        ("fwmark 7 ipv6", "", ""),
    }


@pytest.mark.parametrize(("family", "client"), [("inet", "192.0.2.0"), ("inet6", "2001:db8::")])
def test_a_mark_of_32_bits(family, client):
    mark = raw_mark(0x89ABCDEF, family)
    line = b"IP  %b 0000 %b 0000 0A000001 0000 NONE 9\n" % (raw_address(client), mark)
    (row,), _ = read(line)
    assert row.fwmark == 0x89ABCDEF


def test_the_engines_data_comes_with_its_template():
    (row,) = [row for row in read(LIST.read_bytes())[0] if row.engine]
    assert (row.template, row.engine, row.engine_data) == (True, "sip", "a84b4c76e66710@pc33")


def test_what_a_client_chose_can_not_steer_a_terminal():
    (row,), _ = read(GOOD[:-1] + b" sip a\x1b[31m\x9b\r b\xff\n")
    assert row.engine_data == r"a\x1b[31m\x9b\r b\xff"


def test_other_protocols_have_a_name():
    (row,), _ = read(GOOD.replace(b"TCP", b"IP_50"))
    assert row.protocol == "protocol-50"


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"nonsense",
        GOOD[:40],
        GOOD[:-5],
        GOOD.replace(b"CB007109", b"CB00710"),
        GOOD.replace(b"CB007109", b"cb007109"),
        GOOD.replace(b"CB007109", b"203.0.113.9"),
        GOOD.replace(b"ECE9", b"12345"),
        GOOD.replace(b"895", b"-1"),
        GOOD.replace(b"895", b"99999999999"),
        GOOD[:-1] + b" sip " + b"x" * 256,
        HEADING,
    ],
)
def test_a_line_that_is_none_is_counted_and_shown(line):
    line = line.removesuffix(b"\n") + b"\n"
    found, count = read(GOOD + line + GOOD)
    assert (len(found), count.read, count.unreadable) == (2, 3, 1)
    assert count.example == line[:-1][:120]


def test_the_heading_is_no_line():
    assert vars(read(HEADING)[1]) == vars(Count())


def test_a_line_without_end_counts_too():
    found, count = read(GOOD + GOOD[:-1])
    assert (len(found), count.read) == (2, 2)


@pytest.mark.parametrize("chunk", [1, 7, 64, 4096])
def test_chunks_make_no_difference(chunk):
    data = LIST.read_bytes() + b"odd\n" + b"x" * 10_000 + b"\n" + GOOD
    whole, parts = read(data), read(data, chunk)
    assert parts[0] == whole[0]
    assert vars(parts[1]) == vars(whole[1]) | {"example": b"odd"}


def test_a_line_without_end_is_not_held():
    endless = whole_lines(b"x" * 1000 for _ in range(1000))
    assert [len(block) for block in endless] == [LONGEST_LINE + 1]


junk = st.one_of(
    st.binary(max_size=80),
    st.text(string.hexdigits + " :\n", max_size=80).map(str.encode),
    st.sampled_from(LINES),
    st.tuples(st.sampled_from(LINES), st.integers(0, 80), st.binary(max_size=3)).map(
        lambda t: t[0][: t[1]] + t[2] + t[0][t[1] :]
    ),
)


@given(st.lists(junk, max_size=20).map(b"".join), st.integers(1, 300))
def test_any_bytes_give_rows_or_a_count_of_what_is_none(data, chunk):
    found, count = read(data, chunk)
    lines = data.split(b"\n")
    total = len(lines) - (lines[-1] == b"")
    heading = data.startswith(b"Pro FromIP ")
    assert count.read == total - heading
    assert len(found) + count.unreadable == count.read
    assert all(row.engine_data.isprintable() for row in found)


@given(st.one_of(ipv4_addresses, ipv6_addresses))
def test_addresses_go_and_come_back(address):
    raw = raw_address(address)
    line = b"UDP %b 0001 %b 0002 %b 0003 UDP 4\n" % (raw, raw, raw)
    (row,), _ = read(line)
    assert (row.client, row.service, row.server) == (address,) * 3
    assert raw_address(address) == raw
    assert len(address_bytes(raw)) in (4, 16)


@pytest.mark.parametrize("line", [GOOD, b"x" * 66 + b"\n", b"x" * 660, b"TCP " * 16 + b"\n", b"\n"])
def test_the_work_grows_with_the_bytes(line):
    def work(times):
        return steps_of(lambda: read(line * times, 1024))

    assert work(1000) < 12 * work(100)
