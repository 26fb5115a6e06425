"""Each format there and back: what it can carry comes back equal, and for the rest there is a note."""

import pytest
from hypothesis import given

from lvs.addresses import family_of
from lvs.canonical_form import make_table
from lvs.formats import FormatError, read, write
from lvs.model import EMPTY
from lvs.settings import ROLES, SyncDaemon, Timeouts
from tests.lvs.examples import WEB
from tests.lvs.setting_strategies import full_tables


def there_and_back(table, style):
    text, notes = write(table, style)
    return read(text, style).table, notes


@given(full_tables())
def test_json_and_yaml_carry_everything(table):
    for style in ("json", "yaml"):
        assert there_and_back(table, style) == (table, ())


@given(full_tables(min_services=1))
def test_ipvsadm_lines_carry_all_but_sysctls(table):
    back, notes = there_and_back(table, "ipvsadm")
    assert back == table._replace(sysctls=())
    assert len(notes) == len(table.sysctls)


@pytest.mark.parametrize("style", ["ipvsadm", "keepalived", "ldirectord"])
def test_that_there_are_no_services_is_not_carried(style):
    text, notes = write(EMPTY, style)
    assert "that there are no virtual services: JSON and YAML only can say so" in map(str, notes)
    with pytest.raises(FormatError):
        read(text, style)


@pytest.mark.parametrize("interface", ["a#b", "a'b", 'a"b', "a{b", "a!b", "a\\b"])
@pytest.mark.parametrize("style", ["ipvsadm", "keepalived"])
def test_a_daemon_whose_interface_would_be_misread_is_left_out(style, interface):
    sync = tuple(SyncDaemon(role, interface, 1, 1472) for role in ROLES)
    text, notes = write(make_table([WEB], sync=sync), style)
    assert [str(note) for note in notes] == [
        f"the {daemon}: the name of its interface can't be written in this format"
        for daemon in sync
    ]
    assert read(text, style).table == make_table([WEB])


def test_ipvsadm_lines_of_settings_need_no_service():
    table = make_table(timeouts=Timeouts(tcp=60))
    assert there_and_back(table, "ipvsadm") == (table, ())


def in_a_file(service):
    """With a firewall mark, all but masqueraded servers get port 0, and may become one then."""
    made = {}
    for server in service.real_servers:
        idle = service.fwmark and server.forwarding != "masquerade"
        kept = server._replace(port=0) if idle else server
        made.setdefault(kept.key, kept)
    return service._replace(real_servers=tuple(made.values()))


def idle_ports(service):
    """How many real servers have a port that counts for nothing, or are gone without it."""
    return len(set(service.real_servers) - set(in_a_file(service).real_servers))


@given(full_tables(min_services=1))
def test_keepalived_conf_carries_services_with_real_servers_timeouts_and_both_daemons(table):
    kept = [service for service in table.services if service.real_servers]
    both = len({d._replace(role="master") for d in table.sync or ()}) == 1 and len(table.sync) == 2
    text, notes = write(table, "keepalived")
    gone = len(table.services) - len(kept) + len(table.sysctls)
    gone += 0 if both or table.sync is None else len(table.sync) or 1
    gone += sum(map(idle_ports, table.services))
    assert len(notes) == gone
    if not kept:
        return
    reading = read(text)
    assert reading.table == make_table(
        map(in_a_file, kept), table.timeouts, table.sync if both else None
    )
    assert reading.notes == ()


def in_ldirectord(service):
    """What ldirectord.cf can hold of a service."""
    servers = tuple(
        server
        for server in in_a_file(service).real_servers
        if family_of(server.address) == service.family and server.tunnel_type == "ipip"
    )
    one_packet = service.one_packet and service.protocol == "udp"
    return service._replace(real_servers=servers, persistence_engine="", one_packet=one_packet)


@given(full_tables(min_services=1))
def test_ldirectord_cf_carries_tcp_udp_and_marks_with_servers_of_their_family(table):
    kept = [service for service in table.services if service.protocol != "sctp"]
    text, notes = write(table, "ldirectord")
    gone = len(table.services) - len(kept) + len(table.sysctls) + bool(table.timeouts.given)
    gone += 0 if table.sync is None else len(table.sync) or 1
    for service in kept:
        written = in_a_file(service)
        gone += idle_ports(service)
        gone += len(written.real_servers) - len(in_ldirectord(service).real_servers)
        gone += bool(service.persistence_engine)
        gone += service.one_packet and service.protocol != "udp"
    assert len(notes) == gone
    if not kept:
        return
    reading = read(text)
    assert reading.table == make_table(map(in_ldirectord, kept))
    assert reading.notes == ()
