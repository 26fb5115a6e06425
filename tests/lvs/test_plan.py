import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvs.formats import parse
from lvs.model import EMPTY, RealServer
from lvs.plan import STEP_KINDS, losses, make_plan, plan_from_document, plan_to_document
from tests.lvs.examples import SERVERS, TUTORIAL, WEB, marked, table_of, with_servers
from tests.lvs.simulation import Simulation
from tests.lvs.strategies import edited_tables, tables

any_two = st.one_of(st.tuples(tables(), tables()), edited_tables())


@given(any_two)
def test_a_plan_leads_from_one_table_to_the_other(pair):
    current, desired = pair
    kernel = Simulation(current)
    for step in make_plan(current, desired):
        kernel.take(step)
    assert kernel.table().only(desired.scope) == desired
    assert len(kernel.services) == len(desired.services)


@given(any_two)
def test_the_inverse_leads_back(pair):
    current, desired = pair
    kernel = Simulation(desired)
    for step in make_plan(desired, current):
        kernel.take(step)
    assert kernel.table().only(current.scope) == current
    assert len(kernel.services) == len(current.services)


@given(tables())
def test_nothing_to_change_is_no_step(table):
    assert make_plan(table, table) == ()


@given(any_two)
def test_the_steps_come_in_the_order_that_harms_least(pair):
    kinds = [STEP_KINDS.index(step.kind) for step in make_plan(*pair)]
    assert kinds == sorted(kinds)


@given(any_two)
def test_nothing_is_added_or_removed_that_an_edit_can_keep(pair):
    current, desired = (table.by_key() for table in pair)
    for step in make_plan(*pair):
        key = step.service.key
        if step.kind.endswith("service"):
            assert (key in current, key in desired) == {
                "add service": (False, True),
                "edit service": (True, True),
                "delete service": (True, False),
            }[step.kind]
            continue
        old = {s.key for s in current[key].real_servers} if key in current else set()
        new = {s.key for s in desired[key].real_servers}
        assert (step.server.key in old, step.server.key in new) == {
            "add server": (False, True),
            "edit server": (True, True),
            "drain server": (True, False),
            "delete server": (True, False),
        }[step.kind]


@given(any_two)
def test_documents_lead_back(pair):
    steps = make_plan(*pair)
    assert plan_from_document(plan_to_document(steps)) == steps


@given(any_two)
def test_every_step_has_words_and_a_command(pair):
    for step in make_plan(*pair):
        assert str(step.service) in step.text()
        assert step.command().startswith("ipvsadm -")


@given(tables(min_services=1))
def test_the_commands_of_a_first_plan_are_a_file_for_ipvsadm(table):
    text = "\n".join(step.command() for step in make_plan(EMPTY, table))
    assert parse(text) == table


def told(current, desired):
    return [(step.text(), step.command()) for step in make_plan(current, desired)]


def test_the_story_of_the_tutorial():
    after = table_of(
        with_servers(
            SERVERS[0]._replace(weight=20), SERVERS[1]._replace(weight=10), scheduler="wrr"
        )
    )
    assert told(TUTORIAL, after) == [
        (
            "Set the weight of 192.168.1.103:80 in tcp 192.168.49.134:80 from 1 to 20",
            "ipvsadm -e -t 192.168.49.134:80 -r 192.168.1.103:80 -m -w 20",
        ),
        (
            "Set the weight of 192.168.1.104:80 in tcp 192.168.49.134:80 from 1 to 10",
            "ipvsadm -e -t 192.168.49.134:80 -r 192.168.1.104:80 -m -w 10",
        ),
        (
            "Set the scheduler of tcp 192.168.49.134:80 from rr to wrr",
            "ipvsadm -E -t 192.168.49.134:80 -s wrr",
        ),
    ]


def test_a_service_is_added_with_its_real_servers():
    assert told(EMPTY, TUTORIAL) == [
        (
            "Add tcp 192.168.49.134:80 with scheduler rr",
            "ipvsadm -A -t 192.168.49.134:80 -s rr",
        ),
        (
            "Add 192.168.1.103:80 to tcp 192.168.49.134:80 with forwarding masquerade, weight 1",
            "ipvsadm -a -t 192.168.49.134:80 -r 192.168.1.103:80 -m -w 1",
        ),
        (
            "Add 192.168.1.104:80 to tcp 192.168.49.134:80 with forwarding masquerade, weight 1",
            "ipvsadm -a -t 192.168.49.134:80 -r 192.168.1.104:80 -m -w 1",
        ),
    ]


def test_a_real_server_is_drained_before_it_is_removed():
    assert told(TUTORIAL, table_of(with_servers(SERVERS[0]))) == [
        (
            "Drain 192.168.1.104:80 in tcp 192.168.49.134:80: set its weight from 1 to 0",
            "ipvsadm -e -t 192.168.49.134:80 -r 192.168.1.104:80 -m -w 0",
        ),
        (
            "Remove 192.168.1.104:80 from tcp 192.168.49.134:80",
            "ipvsadm -d -t 192.168.49.134:80 -r 192.168.1.104:80",
        ),
    ]


def test_a_drained_real_server_is_removed_at_once():
    drained = table_of(with_servers(SERVERS[0], SERVERS[1]._replace(weight=0)))
    steps = make_plan(drained, table_of(with_servers(SERVERS[0])))
    assert [step.kind for step in steps] == ["delete server"]


def test_deleting_a_service_takes_its_real_servers_along():
    assert told(TUTORIAL, EMPTY) == [
        (
            "Delete tcp 192.168.49.134:80 and its 2 real servers",
            "ipvsadm -D -t 192.168.49.134:80",
        )
    ]


def test_several_settings_of_one_service_are_one_step():
    after = with_servers(
        *SERVERS, scheduler="sh", flags=("sh-port",), persistence=300, netmask="255.255.255.0"
    )
    assert told(TUTORIAL, table_of(after)) == [
        (
            "Change tcp 192.168.49.134:80: scheduler from rr to sh, scheduler flags from none to "
            "sh-port, persistence from none to 300 s, netmask from each client address to "
            "255.255.255.0",
            "ipvsadm -E -t 192.168.49.134:80 -s sh -p 300 -M 255.255.255.0 -b sh-port",
        )
    ]


def test_a_mark_for_ipv6_says_so_in_its_commands():
    server = RealServer("fd00::2", 0, "tunnel", 5, 9, 3, "gue", 6080, "csum")
    steps = make_plan(EMPTY, table_of(marked(7, "inet6", real_servers=(server,))))
    assert [step.command() for step in steps] == [
        "ipvsadm -A -f 7 -6 -s wlc",
        "ipvsadm -a -f 7 -6 -r [fd00::2]:0 -i -w 5 --tun-type gue --tun-port 6080 --tun-csum "
        "-x 9 -y 3",
    ]


def test_removals_say_what_they_cost():
    mark = marked(7, real_servers=(RealServer("192.0.2.1", 0),))
    steps = make_plan(table_of(WEB, mark), table_of(with_servers(SERVERS[0])))
    assert losses(steps) == [
        "Removing 192.168.1.104:80 from tcp 192.168.49.134:80 ends the connections that it "
        "still has.",
        "Deleting fwmark 7 ends all connections to it, on 1 real server.",
    ]
    assert losses(make_plan(EMPTY, TUTORIAL)) == []


def test_an_identity_cannot_be_edited_so_the_plan_adds_and_deletes():
    moved = table_of(WEB._replace(port=8080))
    kinds = [step.kind for step in make_plan(TUTORIAL, moved)]
    assert kinds == ["add service", "add server", "add server", "delete service"]
    assert len(losses(make_plan(TUTORIAL, moved))) == 1


@pytest.mark.parametrize("document", [{}, {"kind": "flush", "server": None, "before": None}])
def test_what_is_no_plan_is_refused(document):
    with pytest.raises((KeyError, ValueError)):
        plan_from_document([document])


def test_a_real_server_that_the_kernel_made_local_can_be_removed():
    local = table_of(with_servers(SERVERS[0]._replace(forwarding="local", weight=3)))
    assert [step.command() for step in make_plan(local, table_of(with_servers()))] == [
        "ipvsadm -e -t 192.168.49.134:80 -r 192.168.1.103:80 -w 0",
        "ipvsadm -d -t 192.168.49.134:80 -r 192.168.1.103:80",
    ]
