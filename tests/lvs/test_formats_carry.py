"""Each format there and back: what it can carry comes back equal, and for the rest there is a note."""

from hypothesis import given

from lvs.addresses import family_of
from lvs.canonical_form import make_table
from lvs.formats import read, write
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


@given(full_tables(min_services=1))
def test_keepalived_conf_carries_services_with_real_servers_timeouts_and_both_daemons(table):
    kept = [service for service in table.services if service.real_servers]
    both = len({d._replace(role="master") for d in table.sync or ()}) == 1 and len(table.sync) == 2
    text, notes = write(table, "keepalived")
    gone = len(table.services) - len(kept) + len(table.sysctls)
    gone += 0 if both or table.sync is None else len(table.sync) or 1
    assert len(notes) == gone
    if not kept:
        return
    reading = read(text)
    assert reading.table == make_table(kept, table.timeouts, table.sync if both else None)
    assert reading.notes == ()


def in_ldirectord(service):
    """What ldirectord.cf can hold of a service."""
    servers = tuple(
        server
        for server in service.real_servers
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
        gone += len(service.real_servers) - len(in_ldirectord(service).real_servers)
        gone += bool(service.persistence_engine)
        gone += service.one_packet and service.protocol != "udp"
    assert len(notes) == gone
    if not kept:
        return
    reading = read(text)
    assert reading.table == make_table(map(in_ldirectord, kept))
    assert reading.notes == ()
