"""The three-way merge of tables: what both sides changed, and who decides where they clash."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.changes.rebase import doubled, merge, rows_of
from lvs.canonical_form import canonical_table, make_table
from lvs.model import EMPTY, Table
from lvs.settings import SyncDaemon, Sysctl, Timeouts
from tests.factories import WEB1, WEB2, make_service
from tests.lvs.strategies import edited_tables, tables

HTTP, HTTPS, DNS = make_service(80), make_service(443), make_service(53)
MASTER, BACKUP = SyncDaemon("master", "eth0"), SyncDaemon("backup", "eth0")
ON, OFF = Sysctl("conntrack", "1"), Sysctl("conntrack", "0")


def table(*services, tcp=0, udp=0, sync=None, sysctls=()):
    return make_table(services, Timeouts(tcp=tcp, udp=udp), sync, sysctls)


def weighing(first, second=1, port=80, **fields):
    """The service of the tutorial with these weights."""
    servers = (WEB1._replace(weight=first), WEB2._replace(weight=second))
    return make_service(port, servers=servers, **fields)


@st.composite
def three(draw):
    """A base and two plausible edits of it, each with settings of its own."""
    base, theirs = draw(edited_tables())
    mine = []
    for service in base.services:
        what = draw(st.integers(0, 3))
        if what == 0:
            continue
        servers = tuple(
            server._replace(weight=draw(st.integers(0, 2))) if draw(st.booleans()) else server
            for server in service.real_servers
        )
        mine.append(service._replace(real_servers=servers) if what == 1 else service)
    keys = {service.key for service in mine}
    more = draw(tables(max_services=1)).services
    mine += [service for service in more if service.key not in keys]
    sides = (base, theirs, make_table(mine))
    return [side._replace(**draw(some_settings)) for side in sides]


some_settings = st.fixed_dictionaries(
    {
        "timeouts": st.builds(Timeouts, st.integers(0, 2), st.integers(0, 2), st.integers(0, 2)),
        "sync": st.sampled_from([None, (), (MASTER,), (BACKUP,)]).map(
            lambda daemons: canonical_table(Table(sync=daemons)).sync
        ),
        "sysctls": st.sampled_from([(), (ON,), (OFF,)]),
    }
)


@given(three())
@settings(max_examples=150, deadline=None)
def test_who_changed_nothing_gets_the_others_table(sides):
    base, theirs, mine = sides
    assert merge(base, base, mine) == (mine, ())
    assert merge(base, theirs, base) == (theirs, ())
    assert merge(base, mine, mine) == (mine, ())


@given(three())
@settings(max_examples=150, deadline=None)
def test_neither_side_is_favoured(sides):
    base, theirs, mine = sides
    one, other = merge(base, theirs, mine), merge(base, mine, theirs)
    seen = [(c.place, c.fields, c.theirs, c.mine) for c in one.clashes]
    mirrored = [(c.place, c.fields, c.mine, c.theirs) for c in other.clashes]
    assert sorted(seen, key=repr) == sorted(mirrored, key=repr)
    every = {c.key: "theirs" for c in one.clashes}
    assert merge(base, theirs, mine, every).table == other.table


@given(three())
@settings(max_examples=150, deadline=None)
def test_the_result_is_canonical_and_decided_when_all_is_chosen(sides):
    base, theirs, mine = sides
    for side in ("theirs", "mine"):
        first = merge(base, theirs, mine)
        chosen = merge(base, theirs, mine, {clash.key: side for clash in first.clashes})
        assert chosen.table == canonical_table(chosen.table)
        assert chosen.undecided == []
        assert {clash.chosen for clash in chosen.clashes} <= {side}


@given(three(), st.sampled_from(["theirs", "mine"]))
@settings(max_examples=150, deadline=None)
def test_with_one_side_chosen_throughout_all_that_it_changed_is_there(sides, side):
    base, theirs, mine = sides
    clashes = merge(base, theirs, mine).clashes
    result = merge(base, theirs, mine, {clash.key: side for clash in clashes}).table.by_key()
    chosen, other = (theirs, mine) if side == "theirs" else (mine, theirs)
    was, ours, others = base.by_key(), chosen.by_key(), other.by_key()
    for key in {*was, *ours, *others}:
        if ours.get(key) == was.get(key):
            assert result.get(key) == others.get(key)
        elif ours.get(key) is None:
            assert key not in result
        else:
            assert edits(was.get(key), ours[key]) <= edits(was.get(key), result[key])


def edits(was, now):
    """What differs: (field, value) of the service, (real server, field, value) of its servers."""
    found = set(zip(now._fields[:-1], now[:-1], strict=True))
    if was is not None:
        found -= set(zip(was._fields[:-1], was[:-1], strict=True))
    before = {s.key: s for s in was.real_servers} if was else {}
    for server in now.real_servers:
        fields = {(server.key, n, v) for n, v in server._asdict().items()}
        old = before.get(server.key)
        found |= fields - ({(old.key, n, v) for n, v in old._asdict().items()} if old else set())
    return found


@pytest.mark.parametrize(
    ("base", "theirs", "mine", "result"),
    [
        (EMPTY, table(HTTP), table(HTTPS), table(HTTP, HTTPS)),
        (table(HTTP), table(HTTP, DNS), table(HTTP, HTTPS), table(HTTP, HTTPS, DNS)),
        (table(HTTP, DNS), table(DNS), table(HTTP, DNS, HTTPS), table(DNS, HTTPS)),
        (table(HTTP, DNS), table(HTTP, DNS, HTTPS), table(DNS), table(DNS, HTTPS)),
        (EMPTY, table(HTTP), table(HTTP), table(HTTP)),
        (table(HTTP), EMPTY, EMPTY, EMPTY),
        # One service, other fields; and other real servers, or other fields of one.
        (
            table(weighing(1)),
            table(weighing(5)),
            table(weighing(1, scheduler="wrr")),
            table(weighing(5, scheduler="wrr")),
        ),
        (table(weighing(1)), table(weighing(5)), table(weighing(1, 7)), table(weighing(5, 7))),
        (
            table(HTTP),
            table(make_service(servers=(WEB1._replace(upper_threshold=9), WEB2))),
            table(weighing(4)),
            table(make_service(servers=(WEB1._replace(upper_threshold=9, weight=4), WEB2))),
        ),
        (
            table(HTTP),
            table(make_service(servers=(WEB1,))),
            table(make_service(servers=(WEB1, WEB2, WEB2._replace(port=8080)))),
            table(make_service(servers=(WEB1, WEB2._replace(port=8080)))),
        ),
        # Settings, each by itself.
        (EMPTY, table(HTTP), table(tcp=9), table(HTTP, tcp=9)),
        (table(tcp=9), table(tcp=9, udp=5), table(tcp=8), table(tcp=8, udp=5)),
        (EMPTY, table(sync=(MASTER,)), table(HTTP), table(HTTP, sync=(MASTER,))),
        (table(sync=(MASTER,)), table(HTTP, sync=(MASTER,)), EMPTY, table(HTTP)),
        (table(sync=()), table(sync=(BACKUP,)), table(sync=()), table(sync=(BACKUP,))),
        (table(sysctls=(ON,)), table(sysctls=(OFF,)), table(sysctls=(OFF,)), table(sysctls=(OFF,))),
    ],
)
def test_edits_of_both_sides_are_kept(base, theirs, mine, result):
    assert merge(base, theirs, mine) == (result, ())


PERSISTENT = {"persistence": 300}
CLASHES = [
    (table(HTTP), table(make_service(80, "wrr")), table(make_service(80, "wlc")), "scheduler"),
    (EMPTY, table(HTTP), table(make_service(80, "wlc")), "scheduler"),
    (table(HTTP), EMPTY, table(make_service(80, "wlc")), ""),
    (table(HTTP), table(make_service(80, "wrr")), EMPTY, ""),
    (table(weighing(1)), table(weighing(2)), table(weighing(3)), "weight"),
    (table(weighing(1)), table(weighing(2)), table(make_service(servers=(WEB2,))), ""),
    (
        table(make_service(**PERSISTENT)),
        table(HTTP),
        table(make_service(netmask="255.255.255.0", **PERSISTENT)),
        "persistence",
    ),
    (table(tcp=9), table(tcp=8), table(tcp=7), ""),
    (table(tcp=9), table(tcp=8), EMPTY, ""),
    (EMPTY, table(sync=()), table(sync=(MASTER,)), ""),
    (EMPTY, table(sysctls=(ON,)), table(sysctls=(OFF,)), ""),
]


@pytest.mark.parametrize(("base", "theirs", "mine", "field"), CLASHES)
def test_what_both_changed_is_nobodys_to_guess(base, theirs, mine, field):
    (clash,) = merge(base, theirs, mine).undecided
    assert (clash.fields or ("",))[0] == field
    assert rows_of(clash)
    for side, result in (("theirs", theirs), ("mine", mine)):
        assert merge(base, theirs, mine, {clash.key: side}).table == canonical_table(result)
    assert merge(base, theirs, mine, {clash.key: "both"}).undecided == [clash]


def test_a_choice_between_other_values_is_none_between_these():
    (clash,) = merge(table(weighing(1)), table(weighing(2)), table(weighing(3))).clashes
    again = merge(table(weighing(1)), table(weighing(4)), table(weighing(3)), {clash.key: "theirs"})
    assert len(again.undecided) == 1


def test_a_clash_is_shown_field_by_field():
    (clash,) = merge(
        table(weighing(1)), table(weighing(2, scheduler="wlc")), table(weighing(3))
    ).clashes
    assert clash.place == ("tcp 192.168.49.134:80", "192.168.1.103:80")
    assert [tuple(row) for row in rows_of(clash)] == [("weight", "1", "2", "3")]
    (gone,) = merge(table(HTTP), EMPTY, table(make_service(80, "wlc"))).clashes
    rows = {row.name: row[1:] for row in rows_of(gone)}
    assert rows["scheduler"] == ("rr", "not there", "wlc")
    assert rows["192.168.1.103:80"] == (
        "masquerade, weight 1",
        "not there",
        "masquerade, weight 1",
    )


def test_settings_that_clash_are_shown_as_the_settings_page_says_them():
    (clash,) = merge(EMPTY, table(sync=()), table(sync=(MASTER,))).clashes
    (row, *_) = rows_of(clash)
    assert (row.name, row.base, row.theirs) == (
        "master sync daemon",
        "as the director has it",
        "none",
    )
    assert "interface eth0" in row.mine


def test_what_stands_twice_is_named():
    twice = Table((HTTP, HTTP, make_service(81, servers=(WEB1, WEB1))))
    assert doubled(twice) == [
        "tcp 192.168.49.134:80",
        "192.168.1.103:80 in tcp 192.168.49.134:81",
    ]
    assert doubled(table(HTTP, HTTPS)) == []
