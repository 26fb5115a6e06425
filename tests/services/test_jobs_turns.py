"""Director by director: backups first, each after the one before has verified, none after a failure."""

import pytest

from apps.audit.models import AuditRecord
from apps.changes.models import Change
from apps.jobs.models import Outbox, Run
from apps.jobs.rollout import in_order
from apps.jobs.services import store_run_finished
from lvs.canonical_form import make_table
from tests.applying import run_finished, started, world
from tests.factories import make_director, make_service, tell

pytestmark = pytest.mark.django_db
R = Run.State


def states(change):
    return [run.state for run in change.runs.order_by("position")]


def end(run, state="verified"):
    store_run_finished(director=run.director, message=run_finished(run, state=state))


def test_the_next_begins_when_the_one_before_has_verified():
    change = started(world(directors=3))
    first, second, third = change.runs.order_by("position")
    assert states(change) == [R.QUEUED, R.WAITING, R.WAITING]
    end(first)
    assert states(change) == [R.VERIFIED, R.QUEUED, R.WAITING]
    assert Outbox.objects.get().run == second
    end(second)
    end(third)
    change.refresh_from_db()
    assert change.state == Change.State.APPLIED


@pytest.mark.parametrize("how", ["failed", "partial"])
def test_it_stops_at_the_first_that_differs(how):
    change = started(world(directors=3))
    first, second, _third = change.runs.order_by("position")
    end(first)
    end(second, how)
    assert states(change) == [R.VERIFIED, how, R.SKIPPED]
    change.refresh_from_db()
    assert change.state == Change.State.PARTIAL
    assert change.state_note.startswith("1 of 3 directors verified it")
    assert "not begun: d2" in change.state_note
    skipped = AuditRecord.objects.get(action="run.skipped")
    assert skipped.after["error"] == f"Not begun: {second.director.name} did not verify it."


def test_where_the_first_fails_no_other_is_touched():
    change = started(world(directors=2))
    end(change.runs.get(position=0), "failed")
    change.refresh_from_db()
    assert (change.state, states(change)) == (Change.State.FAILED, [R.FAILED, R.SKIPPED])


def test_a_director_whose_turn_has_not_come_is_not_believed():
    change = started(world(directors=2))
    end(change.runs.get(position=1))
    assert states(change) == [R.QUEUED, R.WAITING]


def at(name, *addresses):
    director = make_director(name)
    if addresses:
        tell(director, addresses=[{"interface": "eth0", "address": a} for a in addresses])
    director.refresh_from_db()
    return director


def test_backups_come_first_and_those_that_hold_the_address_last():
    table = make_table([make_service()])
    active, unknown = at("a", "10.0.0.1", "192.168.49.134"), at("b")
    backup, spare = at("d", "10.0.0.2"), at("c", "10.0.0.3")
    order = in_order([active, unknown, backup, spare], table)
    assert [director.name for director in order] == ["c", "d", "b", "a"]
