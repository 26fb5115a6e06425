"""One test for each rule of timeouts, sync daemons and sysctls: what it says, and where."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvs.model import RealServer, Table, VirtualService
from lvs.rules import SYSCTLS, check_settings, check_table, errors_in
from lvs.rules.sysctls import SWITCHED_BY_THE_KERNEL, steady_value
from lvs.settings import SyncDaemon, Sysctl, Timeouts
from tests.lvs.examples import WEB, with_servers
from tests.lvs.setting_strategies import full_tables

MASTER, BACKUP = SyncDaemon("master", "eth0"), SyncDaemon("backup", "eth0")
MIXED = RealServer("fd00::2", 80, "tunnel")
SIX = VirtualService("inet6", "tcp", "fd00::1", 80, 0, netmask="128")


def found(**decided):
    return [(p.path, p.code, p.message) for p in errors_in(check_table(Table(**decided)))]


@given(full_tables())
def test_valid_tables_have_no_errors(table):
    assert errors_in(check_table(table)) == []


@pytest.mark.parametrize(
    ("timeouts", "name", "message"),
    [
        (Timeouts(tcp=-1), "tcp", "The TCP timeout must be from 0 to 2147483, not -1."),
        (Timeouts(tcp_fin=2147484), "tcp_fin", "The TCP FIN timeout must be from 0 to 2147483,"),
        (Timeouts(udp=2**31), "udp", "The UDP timeout must be from 0 to 2147483, not 2147483648."),
    ],
)
def test_a_timeout_out_of_range_is_named(timeouts, name, message):
    ((path, code, text),) = found(timeouts=timeouts)
    assert (path, code) == (("timeouts", name), "timeout.range")
    assert text.startswith(message)


DAEMONS = [
    (MASTER._replace(role="slave"), "role", "role.unknown", "choose one of master, backup"),
    (MASTER._replace(interface=""), "interface", "interface.missing", "Give the interface"),
    *(
        (MASTER._replace(interface=name), "interface", "interface.invalid", "1 to 15 bytes")
        for name in (
            "a b",
            "a/b",
            "eth0:1",
            "x" * 16,
            "ä" * 8,
            ".",
            "..",
            "eth0\n",
            "a\0b",
            "\ud800",
        )
    ),
    (MASTER._replace(syncid=-1), "syncid", "syncid.range", "from 0 to 255, not -1"),
    (MASTER._replace(syncid=256), "syncid", "syncid.range", "from 0 to 255, not 256"),
    (MASTER._replace(port=-1), "port", "port.range", "from 0 to 65535, not -1"),
    (MASTER._replace(port=65536), "port", "port.range", "from 0 to 65535, not 65536"),
    (MASTER._replace(ttl=256), "ttl", "ttl.range", "from 0 to 255, not 256"),
    (MASTER._replace(group="eth0"), "group", "group.invalid", "give a multicast one"),
    (MASTER._replace(group="10.0.0.1"), "group", "group.not_multicast", "like 224.0.0.81"),
    (MASTER._replace(group="fd00::81"), "group", "group.not_multicast", "or ff02::81"),
    (MASTER._replace(maxlen=-1), "maxlen", "maxlen.range", "from 1 to 65507"),
    (MASTER._replace(maxlen=65508), "maxlen", "maxlen.range", "from 1 to 65507"),
    (MASTER._replace(maxlen=65488, group="ff02::81"), "maxlen", "maxlen.range", "1 to 65487"),
    (BACKUP._replace(maxlen=1023), "maxlen", "maxlen.range", "from 1024 to 65507"),
]


@pytest.mark.parametrize(("daemon", "field", "code", "message"), DAEMONS)
def test_a_daemon_that_breaks_one_rule_has_that_error_beside_its_field(
    daemon, field, code, message
):
    ((path, found_code, text),) = found(sync=(daemon,))
    assert (path, found_code) == (("sync", 0, field), code)
    assert message in text


@pytest.mark.parametrize("interface", ["x" * 15, "ä" * 7, "eth0.12", "br-1@2", "…"])
def test_interfaces_may_have_odd_names(interface):
    assert found(sync=(MASTER._replace(interface=interface),)) == []


def test_left_out_options_are_no_problem():
    assert found(sync=(MASTER._replace(maxlen=0, group="", port=0, ttl=0),)) == []
    assert found(sync=()) == []


def test_two_daemons_of_one_role_are_one_too_many():
    ((path, code, text),) = found(sync=(MASTER, MASTER._replace(syncid=3)))
    assert (path, code) == (("sync",), "sync.doubled")
    assert text == "A director runs one master at most: leave one of these out."


def test_a_backup_that_takes_less_than_the_master_sends_is_a_warning():
    sync = (MASTER._replace(maxlen=2000), BACKUP._replace(maxlen=1500))
    (problem,) = check_settings(Table(sync=sync))
    assert (problem.path, problem.code, problem.severity) == (("sync",), "sync.maxlen", "warning")
    assert "takes 1500 bytes" in problem.message


@pytest.mark.parametrize(
    "service",
    [
        with_servers(MIXED),
        SIX._replace(real_servers=(RealServer("192.0.2.1", 80, "tunnel"),)),
        # as a form gives it: the family is read from the address
        SIX._replace(family="inet", real_servers=(RealServer("192.0.2.1", 80, "tunnel"),)),
        VirtualService("inet6", "", "", 0, 7, real_servers=(RealServer("192.0.2.1", 0, "tunnel"),)),
    ],
)
def test_beside_a_real_server_of_the_other_family_runs_no_daemon(service):
    ((path, code, text),) = found(services=(WEB._replace(port=1), service), sync=(BACKUP,))
    assert (path, code) == (("sync",), "sync.mixed_families")
    assert "leave out the daemon, or that real server" in text
    assert found(services=(service,), sync=()) == []


def test_an_address_that_is_none_has_no_family_to_mix():
    service = SIX._replace(family="inet", real_servers=(RealServer("web1", 80),))
    assert [code for _, code, _ in found(services=(service,), sync=(MASTER,))] == [
        "address.invalid"
    ]


def test_the_last_port_of_a_daemon_must_be_one():
    ((path, code, text),) = found(
        sync=(MASTER, BACKUP._replace(port=65533)), sysctls=(Sysctl("sync_ports", "4"),)
    )
    assert (path, code) == (("sync", 1, "port"), "port.last")
    assert text == "With sync_ports 4 the last port would be 65536: give a lower one."
    assert found(sync=(BACKUP._replace(port=65535),), sysctls=(Sysctl("sync_ports", "1"),)) == []


VALUES = [
    ("conntrak", "1", "sysctl.unknown", "Did you mean “conntrack”?"),
    ("conntrack", "", "sysctl.number", "conntrack takes a whole number, not “”."),
    ("conntrack", "yes", "sysctl.number", "a whole number, not “yes”"),
    ("conntrack", "1 1", "sysctl.number", "a whole number, not “1 1”"),
    ("conntrack", "-1", "sysctl.number", "a whole number, not “-1”"),
    ("conntrack", "٣", "sysctl.number", "a whole number"),
    ("conntrack", "2", "sysctl.range", "conntrack must be from 0 to 1, not 2."),
    ("am_droprate", "2147483648", "sysctl.range", "from 0 to 2147483647"),
    ("drop_entry", "4", "sysctl.range", "from 0 to 3, not 4"),
    ("drop_entry", "2", "sysctl.switched", "give 0, 1 or 3"),
    ("sync_ports", "0", "sysctl.range", "from 1 to 64, not 0"),
    ("sync_ports", "3", "sysctl.power", "must be a power of two"),
    ("sync_threshold", "3", "sysctl.number", "sync_threshold takes 2 whole numbers, not “3”."),
    ("sync_threshold", "50 3", "sysctl.order", "below the second, like 3 50"),
    ("sync_threshold", "3 3", "sysctl.order", "below the second"),
]


@pytest.mark.parametrize(("name", "value", "code", "message"), VALUES)
def test_a_sysctl_that_breaks_one_rule_has_that_error_beside_its_name(name, value, code, message):
    ((path, found_code, text),) = found(sysctls=(Sysctl(name, value),))
    assert (path, found_code) == (("sysctls", name), code)
    assert message in text


def test_the_same_sysctl_twice_is_one_error():
    ((path, code, _),) = found(sysctls=(Sysctl("conntrack", "0"), Sysctl("conntrack", "1")))
    assert (path, code) == (("sysctls", "conntrack"), "sysctl.doubled")


@pytest.mark.parametrize("name", SYSCTLS)
def test_every_default_and_every_bound_is_valid(name):
    knob = SYSCTLS[name]
    values = {str(knob.low), str(knob.high), knob.default} if knob.parts == 1 else {knob.default}
    for value in values - {""}:
        assert found(sysctls=(Sysctl(name, value),)) == []


@pytest.mark.parametrize("name", sorted(SWITCHED_BY_THE_KERNEL))
def test_what_the_kernel_switches_for_a_while_is_read_as_it_was_set(name):
    assert steady_value(name, "2") == "1"
    assert [steady_value(name, value) for value in "013"] == ["0", "1", "3"]
    assert steady_value("conn_reuse_mode", "2") == "2"


@given(
    st.builds(
        SyncDaemon,
        *(st.text(max_size=9), st.text(max_size=20), st.integers(), st.integers()),
        *(st.one_of(st.text(max_size=20), st.ip_addresses().map(str)), st.integers()),
        st.integers(),
    ),
    st.builds(Sysctl, st.sampled_from(sorted(SYSCTLS)) | st.text(max_size=9), st.text(max_size=20)),
    st.builds(Timeouts, st.integers(), st.integers(), st.integers()),
)
def test_no_value_that_a_person_can_type_breaks_the_rules(daemon, sysctl, timeouts):
    table = Table((), timeouts, (daemon, daemon), (sysctl,))
    for problem in check_settings(table):
        assert problem.message
        assert problem.path[0] in ("timeouts", "sync", "sysctls")
