"""The steps of a run, from reports that may come twice, late, or in another order."""

from collections import defaultdict
from typing import Any

from apps.jobs.models import Run, RunStep

BATCH = 1000

Document = dict[str, Any]


def plan_steps(run: Run, steps: list[Document]) -> None:
    """Store the steps that the director is going to take; what is known of their state stays.

    A step that was reported before its plan has no text yet. A director that began anew has another
    plan, and what was known of the old one no longer counts.
    """
    known = {step.index: step for step in run.steps.all()}
    same = all(
        index < len(steps) and step.text in ("", steps[index]["text"][:300])
        for index, step in known.items()
    )
    rows = [_row(run, index, step) for index, step in enumerate(steps)]
    if same:
        for row in rows:
            if row.index in known:
                row.state, row.error = known[row.index].state, known[row.index].error
    _replace(run, rows)


def note_results(run: Run, results: list[Document]) -> None:
    """Store how steps went. A step of which no plan is known yet gets its text later."""
    latest = {result["index"]: result for result in results if 0 <= result["index"] < 2**31}
    known = latest.keys() & set(run.steps.values_list("index", flat=True))
    RunStep.objects.bulk_create(
        [_row(run, i, latest[i]) for i in sorted(latest.keys() - known)], batch_size=BATCH
    )
    alike: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index in known:
        result = latest[index]
        alike[result["state"], result["error"][:300]].append(index)
    for (state, error), indexes in alike.items():
        for start in range(0, len(indexes), BATCH):
            part = run.steps.filter(index__in=indexes[start : start + BATCH])
            part.update(state=state, error=error)
    count_steps(run)


def finish_steps(run: Run, steps: list[Document], *, already: bool) -> None:
    """Store the whole truth about the steps. `already`: verified before, so what was planned is done."""
    if already:
        run.steps.filter(state=RunStep.State.WAITING).update(state=RunStep.State.DONE)
        count_steps(run)
        return
    _replace(run, [_row(run, index, step) for index, step in enumerate(steps)])


def count_steps(run: Run) -> None:
    """Bring `done_steps` and `total_steps` of the run (not saved) up to its steps."""
    run.total_steps = run.steps.count()
    run.done_steps = run.steps.filter(state=RunStep.State.DONE).count()


def _replace(run: Run, rows: list[RunStep]) -> None:
    run.steps.all().delete()
    RunStep.objects.bulk_create(rows, batch_size=BATCH)
    count_steps(run)


def _row(run: Run, index: int, step: Document) -> RunStep:
    return RunStep(
        run=run,
        index=index,
        text=step.get("text", "")[:300],
        command=step.get("command", "")[:500],
        state=step.get("state", RunStep.State.WAITING),
        error=step.get("error", "")[:300],
    )
