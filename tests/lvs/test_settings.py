"""Timeouts, sync daemons and sysctls as values: canonical, and as documents."""

import json

import pytest
from hypothesis import given

from lvs.canonical_form import canonical_table, make_table
from lvs.documents import scope_from_document, scope_to_document
from lvs.documents import table_from_document as read
from lvs.documents import table_to_document as write
from lvs.formats import parse, render
from lvs.model import EMPTY, Scope
from lvs.settings import (
    SyncDaemon,
    Sysctl,
    Timeouts,
    setting_from_document,
    setting_to_document,
    sysctl_to_json,
)
from tests.lvs.examples import TUTORIAL, WEB
from tests.lvs.setting_strategies import everything, full_pairs, full_tables

MASTER = SyncDaemon("master", "eth0", 1)
BACKUP = SyncDaemon("backup", "eth0", 1)


@given(full_tables())
def test_canonical_form_is_canonical(table):
    assert canonical_table(table) == table


@given(full_tables())
def test_documents_lead_back_through_json(table):
    assert read(json.loads(json.dumps(write(table)))) == table


@given(full_tables())
def test_json_and_yaml_lead_back(table):
    assert parse(render(table, "json")) == table
    assert parse(render(table, "yaml")) == table


@given(full_tables())
def test_scopes_lead_back(table):
    assert scope_from_document(json.loads(json.dumps(scope_to_document(table.scope)))) == (
        table.scope
    )


@given(full_tables())
def test_single_settings_lead_back(table):
    for setting in (table.timeouts, *(table.sync or ()), *table.sysctls):
        assert setting_from_document(setting_to_document(setting)) == setting


@given(full_pairs())
def test_digests_are_equal_exactly_when_tables_are(pair):
    one, other = pair
    assert (one.digest == other.digest) == (one == other)


@given(full_tables())
def test_a_table_is_what_its_scope_takes_of_the_whole_director(table):
    assert everything(table).only(table.scope) == table


def test_a_table_without_settings_has_the_document_and_digest_that_it_always_had():
    assert write(TUTORIAL).keys() == {"services"}
    assert TUTORIAL.digest == "6fbbc956542489ce4f9fa22a5b12a5c910e811bcbe2fd35bc0135b8aea9dc768"


def test_no_daemon_and_not_decided_are_two_things():
    assert make_table((), sync=()) != EMPTY
    assert make_table((), sync=()).digest != EMPTY.digest
    assert make_table((), sync=()).scope == Scope(sync=True)


def test_defaults_of_a_daemon_are_written_out():
    bare = SyncDaemon("backup", "eth0", maxlen=0, group="", port=0, ttl=0)
    assert make_table((), sync=(bare,)).sync == (
        SyncDaemon("backup", "eth0", 0, 1472, "224.0.0.81", 8848, 1),
    )
    six = make_table((), sync=(bare._replace(group="FF02:0::81"),)).sync
    assert six == (SyncDaemon("backup", "eth0", 0, 1452, "ff02::81", 8848, 1),)


def test_the_order_of_daemons_does_not_matter():
    assert make_table((), sync=(BACKUP, MASTER)) == make_table((), sync=(MASTER, BACKUP))


@pytest.mark.parametrize(
    ("written", "canonical"), [("01", "1"), (" 3\t50 ", "3 50"), ("003 0050", "3 50"), ("x", "x")]
)
def test_values_of_sysctls_are_as_the_kernel_prints_them(written, canonical):
    (sysctl,) = make_table((), sysctls=(Sysctl("conntrack", written),)).sysctls
    assert sysctl.value == canonical


@pytest.mark.parametrize(
    ("value", "shown"), [("1", 1), ("3 50", "3 50"), ("-1", "-1"), ("٣", "٣"), ("9" * 5000,) * 2]
)
def test_numbers_are_numbers_in_a_document(value, shown):
    assert sysctl_to_json(value) == shown


def test_settings_can_be_narrowed_by_name():
    table = make_table(
        [WEB], Timeouts(900, 120, 300), (MASTER,), (Sysctl("conntrack", "1"), Sysctl("x", "2"))
    )
    part = table.only(Scope(timeouts=frozenset({"udp"}), sysctls=frozenset({"x"})))
    assert part == make_table((), Timeouts(udp=300), None, (Sysctl("x", "2"),))


def test_settings_are_written_to_be_read_by_people():
    table = make_table(
        [],
        Timeouts(tcp=900, udp=30),
        (MASTER, BACKUP._replace(group="ff02::81")),
        (Sysctl("sync_threshold", "3 50"), Sysctl("conntrack", "1")),
    )
    assert render(table, "yaml") == (
        "services: []\n"
        "timeouts: {tcp: 900, udp: 30}\n"
        "sync:\n"
        "  - {role: master, interface: eth0, syncid: 1, maxlen: 1472, group: 224.0.0.81, "
        "port: 8848, ttl: 1}\n"
        '  - {role: backup, interface: eth0, syncid: 1, maxlen: 1452, group: "ff02::81", '
        "port: 8848, ttl: 1}\n"
        "sysctls:\n"
        "  conntrack: 1\n"
        '  sync_threshold: "3 50"\n'
    )
    assert render(make_table([], sync=()), "yaml") == "services: []\nsync: []\n"
