"""The runs of a change as its page shows them: a lane for each director."""

from typing import Any, NamedTuple

from apps.changes.models import Change
from apps.jobs.models import OPEN, UNENDED, Run, RunStep
from apps.telemetry.selectors import FOR_PRESENCE, LARGE, Presence, presences
from apps.web.change_plans import PART

AROUND = 40


class Lane(NamedTuple):
    """A run as shown: its steps from `first` up to and without `end`, and failed ones before them.

    trouble: why its order is not sent, or was refused; presence: of its director, while it is open.
    """

    run: Run
    trouble: str
    presence: Presence | None
    failed: list[RunStep]
    steps: list[RunStep]
    first: int
    end: int
    seconds: float | None
    colour: str

    @property
    def left(self) -> int:
        """How many steps stand behind those shown."""
        return max(0, self.run.total_steps - self.end)


def runs_of(change: Change) -> dict[str, Any]:
    """What the runs need. Read again at each step, so it must not look at the whole table."""
    lanes = _lanes(change)
    return {
        "change": change,
        "lanes": lanes,
        "goes_on": any(lane.run.state in UNENDED for lane in lanes),
    }


def run_part(change: Change, run_id: int, first: int, end: int | None = None) -> Lane | None:
    """The steps of one of the change's runs: from `first` on, or the last ones before `end`."""
    run = change.runs.select_related("director").filter(pk=run_id).first()
    if run is None:
        return None
    first = first if end is None else max(0, end - PART)
    return _lane(run, first, first + PART if end is None else end)


def _lanes(change: Change) -> list[Lane]:
    runs = list(
        change.runs.select_related("outbox", *(f"director__{name}" for name in FOR_PRESENCE))
        .defer(*(f"director__{name}" for name in LARGE))
        .order_by("position", "director__name")
    )
    there = presences(run.director for run in runs if run.state in OPEN)
    return [_around(run, there.get(run.director_id)) for run in runs]


def _around(run: Run, presence: Presence | None) -> Lane:
    """The steps around the place where it is: ten thousand at once would help nobody."""
    first = max(0, run.done_steps - AROUND // 2)
    return _lane(run, first, first + AROUND, presence)


def _lane(run: Run, first: int, end: int, presence: Presence | None = None) -> Lane:
    steps = list(run.steps.filter(index__gte=first, index__lt=end))
    failed = list(run.steps.filter(state="failed", index__lt=first)[:5])
    seconds = None
    if run.started_at and run.ended_at:
        seconds = (run.ended_at - run.started_at).total_seconds()
    colour = {"verified": "green", "failed": "red", "partial": "red", "lost": "red"}
    outbox = getattr(run, "outbox", None)
    trouble = outbox.trouble if outbox else ""
    ink = colour.get(run.state, "")
    return Lane(run, trouble, presence, failed, steps, first, end, seconds, ink)
