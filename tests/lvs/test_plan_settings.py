"""Plans over the full object model: services, timeouts, sync daemons, sysctls."""

import pytest
from hypothesis import given

from lvs.canonical_form import make_table
from lvs.model import EMPTY, Table
from lvs.plan import (
    STEP_KINDS,
    SettingStep,
    claims,
    concerned,
    make_plan,
    plan_from_document,
    plan_to_document,
)
from lvs.settings import SyncDaemon, Sysctl, Timeouts
from tests.lvs.examples import TUTORIAL, WEB
from tests.lvs.setting_strategies import everything, full_pairs, full_tables
from tests.lvs.simulation import Simulation

MASTER = SyncDaemon("master", "eth0", 1, 1472)
BACKUP = SyncDaemon("backup", "eth1", 0, 1472)


def carried_out(current: Table, desired: Table) -> Simulation:
    """A kernel that held all of `current`, after the plan to `desired`."""
    kernel = Simulation(current)
    for step in make_plan(current, desired):
        kernel.take(step)
    return kernel


def held(pair):
    """All that a director with the first table reads, with the services of the second in reach."""
    before, after = pair
    return everything(before), after


@given(full_pairs())
def test_a_plan_leads_to_what_the_table_decides_and_leaves_the_rest(pair):
    current, desired = held(pair)
    after = carried_out(current, desired).table()
    assert after.only(desired.scope) == desired
    assert len(after.services) == len(desired.services)
    untouched = current._replace(services=()).scope
    rest = untouched._replace(
        timeouts=untouched.timeouts - desired.scope.timeouts,
        sync=not desired.scope.sync,
        sysctls=untouched.sysctls - desired.scope.sysctls,
    )
    assert after.only(rest) == current.only(rest)


@given(full_pairs())
def test_the_inverse_leads_back_to_the_whole(pair):
    current, desired = held(pair)
    there = carried_out(current, desired).table()
    assert carried_out(there, current).table() == current


@given(full_tables())
def test_nothing_to_change_is_no_step(table):
    assert make_plan(table, table) == ()
    assert make_plan(everything(table), table) == ()


@given(full_pairs())
def test_the_steps_come_in_the_order_that_harms_least(pair):
    steps = make_plan(*held(pair))
    kinds = [STEP_KINDS.index(step.kind) for step in steps if not of_a_scheduler(step)]
    assert kinds == sorted(kinds)


def of_a_scheduler(step):
    setting = getattr(step, "setting", None)
    return isinstance(setting, Sysctl) and setting.name in ("lblc_expiration", "lblcr_expiration")


def test_a_schedulers_sysctl_is_set_when_a_service_has_brought_its_scheduler():
    table = make_table(TUTORIAL.services, sync=(MASTER,), sysctls=(Sysctl("lblc_expiration", "9"),))
    kinds = [step.kind for step in make_plan(EMPTY, table)]
    assert kinds == ["add service", "add server", "add server", "set sysctl", "start daemon"]


@given(full_pairs())
def test_no_daemon_is_stopped_that_could_run_on(pair):
    current, desired = held(pair)
    values = {s.name: s.value for s in current.sysctls}
    for step in make_plan(current, desired):
        if step.kind == "stop daemon":
            reread = [
                s
                for s in desired.sysctls
                if s.name in ("sync_ports", "sync_sock_size") and s.value != values[s.name]
            ]
            assert step.setting not in desired.sync or reread


@given(full_pairs())
def test_every_daemon_that_was_decided_runs_with_the_ports_that_were_decided(pair):
    kernel = carried_out(*held(pair))
    if pair[1].sync is not None:
        assert set(kernel.threads.values()) <= {kernel.ports}


@given(full_pairs())
def test_documents_lead_back(pair):
    steps = make_plan(*held(pair))
    assert plan_from_document(plan_to_document(steps)) == steps


@given(full_pairs())
def test_identities_tell_the_steps_of_a_plan_apart(pair):
    steps = make_plan(*held(pair))
    assert len({step.identity for step in steps}) == len(steps)


@given(full_pairs())
def test_every_step_has_words_and_a_command(pair):
    for step in make_plan(*held(pair)):
        assert step.text()
        assert step.command().startswith(("ipvsadm -", "sysctl -w net.ipv4.vs."))


# --- what they say ---------------------------------------------------------------------------------


def told(current, desired):
    return [(step.text(), step.command()) for step in make_plan(current, desired)]


def settings(**decided):
    return make_table((), **decided)


def test_one_timeout_of_three():
    assert told(settings(timeouts=Timeouts(900, 120, 300)), settings(timeouts=Timeouts(60))) == [
        ("Set the TCP timeout from 900 s to 60 s", "ipvsadm --set 60 0 0")
    ]


def test_all_timeouts_are_one_step():
    current, desired = Timeouts(900, 120, 300), Timeouts(60, 10, 20)
    assert told(settings(timeouts=current), settings(timeouts=desired)) == [
        (
            "Set the TCP timeout from 900 s to 60 s, the TCP FIN timeout from 120 s to 10 s, "
            "the UDP timeout from 300 s to 20 s",
            "ipvsadm --set 60 10 20",
        )
    ]


def test_a_sysctl_with_two_numbers_is_quoted_for_the_shell():
    current = settings(sysctls=(Sysctl("sync_threshold", "3 50"),))
    assert told(current, settings(sysctls=(Sysctl("sync_threshold", "4 60"),))) == [
        (
            "Set net.ipv4.vs.sync_threshold from 3 50 to 4 60",
            "sysctl -w net.ipv4.vs.sync_threshold='4 60'",
        )
    ]


def test_of_a_sysctl_that_was_never_read_no_value_before_is_claimed():
    assert told(EMPTY, settings(sysctls=(Sysctl("conntrack", "1"),))) == [
        (
            "Set net.ipv4.vs.conntrack to 1",
            "sysctl -w net.ipv4.vs.conntrack=1",
        )
    ]


def test_other_options_of_a_daemon_are_stop_and_start_around_the_services():
    desired = make_table([WEB], sync=(MASTER._replace(syncid=7), BACKUP))
    steps = told(make_table([], sync=(MASTER, BACKUP)), desired)
    assert (steps[0], steps[-1], len(steps)) == (
        ("Stop the master sync daemon on eth0", "ipvsadm --stop-daemon master"),
        (
            "Start the master sync daemon with interface eth0, sync id 7, message length 1472 bytes, "
            "group 224.0.0.81, port 8848, time to live 1",
            "ipvsadm --start-daemon master --mcast-interface eth0 --syncid 7 --sync-maxlen 1472 "
            "--mcast-group 224.0.0.81 --mcast-port 8848 --mcast-ttl 1",
        ),
        5,
    )


@pytest.mark.parametrize("name", ["sync_ports", "sync_sock_size"])
def test_daemons_that_stay_are_restarted_for_a_sysctl_that_they_read_at_their_start(name):
    current = settings(sync=(MASTER, BACKUP), sysctls=(Sysctl(name, "1"),))
    desired = settings(sync=(MASTER, BACKUP), sysctls=(Sysctl(name, "2"),))
    assert [step.kind for step in make_plan(current, desired)] == [
        *("stop daemon", "stop daemon", "set sysctl", "start daemon", "start daemon")
    ]


def test_daemons_that_are_not_ours_are_not_restarted():
    current = settings(sync=(MASTER,), sysctls=(Sysctl("sync_ports", "1"),))
    desired = settings(sysctls=(Sysctl("sync_ports", "2"),))
    assert [step.kind for step in make_plan(current, desired)] == ["set sysctl"]


def test_a_daemon_starts_after_the_last_real_server_of_the_other_family_is_gone():
    mixed = WEB.real_servers[0]._replace(address="fd00::9", forwarding="tunnel", port=80)
    current = everything(make_table([WEB._replace(real_servers=(mixed,))]))
    steps = make_plan(current, make_table([WEB], sync=(MASTER,)))
    assert [step.kind for step in steps][-2:] == ["delete server", "start daemon"]
    back = make_plan(make_table([WEB], sync=(MASTER,)), make_table(current.services, sync=()))
    assert [step.kind for step in back][:2] == ["stop daemon", "add server"]


# --- what is taken over ----------------------------------------------------------------------------


def test_a_daemon_that_runs_and_is_not_ours_would_be_taken_over():
    found, desired = make_table([], sync=(MASTER,)), settings(sync=())
    assert claims(found, desired, EMPTY.scope) == ["master sync daemon on eth0"]
    assert claims(found, desired, desired.scope) == []
    assert claims(found, TUTORIAL, EMPTY.scope) == []


def test_timeouts_and_sysctls_are_nobodys():
    found = everything(EMPTY)
    desired = settings(timeouts=Timeouts(5), sysctls=(Sysctl("conntrack", "1"),))
    assert claims(found, desired, EMPTY.scope) == []


def test_what_is_no_longer_decided_is_no_longer_concerned():
    owned = make_table([WEB], Timeouts(5), (MASTER,), (Sysctl("conntrack", "1"),)).scope
    assert concerned(EMPTY, owned) == make_table([WEB]).scope


def test_a_step_that_holds_another_setting_than_its_kind_says_is_refused():
    with pytest.raises(ValueError, match="names no sync daemon"):
        SettingStep("stop daemon", Timeouts(5)).text()
    with pytest.raises(ValueError, match="names no timeouts"):
        SettingStep("set timeouts", MASTER).text()
    with pytest.raises(ValueError, match="names no sysctl"):
        SettingStep("set sysctl", MASTER).command()
