"""What differs between the settings of two tables, for people."""

from hypothesis import given

from lvs.canonical_form import make_table
from lvs.diff import FieldDiff
from lvs.diff_settings import SettingDiff, diff_settings
from lvs.model import EMPTY
from lvs.plan import make_plan
from lvs.settings import SyncDaemon, Sysctl, Timeouts
from lvs.verify import explain_difference
from tests.lvs.examples import TUTORIAL
from tests.lvs.setting_strategies import everything, full_pairs, full_tables

MASTER = SyncDaemon("master", "eth0", 1, 1472)
OPEN = "as the director has it"


def settings(**decided):
    return make_table((), **decided)


@given(full_tables())
def test_settings_do_not_differ_from_themselves(table):
    assert {diff.kind for diff in diff_settings(table, table)} <= {"same"}


@given(full_pairs())
def test_a_diff_of_whole_readings_names_something_exactly_where_a_plan_has_steps(pair):
    before, after = map(everything, pair)
    changed = {diff.name for diff in diff_settings(before, after) if diff.kind != "same"}
    steps = [step for step in make_plan(before, after) if step.kind != "stop daemon"]
    started = {f"{s.setting.role} sync daemon" for s in steps if s.kind == "start daemon"}
    written = {str(step.setting) for step in steps if step.kind == "set sysctl"}
    assert {name for name in changed if name.startswith("net.")} == written
    assert any(name.endswith("timeout") for name in changed) == (
        "set timeouts" in {step.kind for step in steps}
    )
    restarted = {f"{daemon.role} sync daemon" for daemon in before.sync} & started
    assert {name for name in changed if name.endswith("daemon")} >= started - restarted


def test_what_is_decided_anew_and_no_longer_is_told_by_what_the_director_has():
    before = settings(timeouts=Timeouts(tcp=900))
    after = settings(sysctls=(Sysctl("conntrack", "1"),))
    assert diff_settings(before, after) == (
        SettingDiff("added", "net.ipv4.vs.conntrack", OPEN, "1"),
        SettingDiff("removed", "TCP timeout", "900 s", OPEN),
    )


def test_a_daemon_that_runs_before_and_after_has_its_fields():
    (master, backup) = diff_settings(
        settings(sync=(MASTER,)), settings(sync=(MASTER._replace(syncid=7, ttl=3),))
    )
    assert (master.kind, master.name) == ("changed", "master sync daemon")
    assert master.fields == (
        FieldDiff("sync id", "1", "7"),
        FieldDiff("time to live", "1", "3"),
    )
    assert backup == SettingDiff("same", "backup sync daemon", "none", "none")


def test_a_daemon_that_is_to_stop_is_a_change_to_none():
    master, _ = diff_settings(settings(sync=(MASTER,)), settings(sync=()))
    assert (master.kind, master.after, master.fields) == ("changed", "none", ())


def test_nothing_decided_is_nothing_to_tell():
    assert diff_settings(EMPTY, TUTORIAL) == ()


# --- a read-back that differs ----------------------------------------------------------------------


def told(desired, found):
    return explain_difference(desired, found).removeprefix("The kernel differs from the table: ")


def test_a_setting_that_differs_is_named_with_both_values():
    desired, found = settings(timeouts=Timeouts(60)), settings(timeouts=Timeouts(900))
    assert told(desired, found) == "TCP timeout is “900 s” instead of “60 s”"


def test_a_daemon_that_does_not_run_is_named():
    assert told(settings(sync=(MASTER,)), settings(sync=())).startswith(
        "master sync daemon is “none” instead of “interface eth0, sync id 1,"
    )


def test_a_sysctl_that_the_kernel_does_not_show_is_told_as_that():
    desired = settings(sysctls=(Sysctl("conntrack", "1"),))
    assert told(desired, settings()) == "net.ipv4.vs.conntrack should be “1” and can't be read here"


def test_what_the_table_leaves_open_is_no_difference():
    found = make_table(TUTORIAL.services, Timeouts(1, 2, 3), (), (Sysctl("conntrack", "1"),))
    assert told(settings(), found) == "tcp 192.168.49.134:80 is there and should not be"
