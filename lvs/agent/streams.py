"""What directors say, and where: Redis streams, shared by the agent and the console.

Each stream entry has the field `m` with JSON text, and `s` with its signature (`lvs.agent.entries`). Here are
the names and the makers of messages; `lvs.agent.shapes` reads them. Standard library only.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

Message = dict[str, Any]

SCHEMA = 2
HEARTBEAT_INTERVAL = 3.0
"""Seconds between two heartbeats of one director."""
SAMPLES_KEPT = 120
"""Entries that a director's sample stream keeps, about."""
REPORTS_KEPT = 20_000
"""Entries that a director's report stream keeps, about: hours of silence of the console."""

TASK = "lvs.apply"
"""The one Celery task that a director has; it takes one sealed text."""

RunState = Literal["verified", "failed", "partial"]

ROW_FIELDS = (
    "active",
    "inactive",
    "persistent",
    "weight",
    "connections",
    "in_packets",
    "out_packets",
    "in_bytes",
    "out_bytes",
    "connections_rate",
    "in_packets_rate",
    "out_packets_rate",
    "in_bytes_rate",
    "out_bytes_rate",
)
"""The values of one sample row, in order. Rates are per second, null where unknown."""


def reports_stream(director: str) -> str:
    """The Redis key of a director's reports: heartbeats, observed tables, runs."""
    return f"lvs:{director}:reports"


def samples_stream(director: str) -> str:
    """The Redis key of a director's samples, capped to about `SAMPLES_KEPT` entries."""
    return f"lvs:{director}:samples"


def queue_name(director: str) -> str:
    """The Celery queue that only this director's agent reads."""
    return f"director.{director}"


def row_id(service: object, server: object | None = None) -> str:
    """The name of a sample row: `tcp 192.0.2.1:80`, or `tcp 192.0.2.1:80|192.0.2.7:80`.

    service: ServiceKey or its text; server: RealServer or its endpoint's text.
    """
    return str(service) if server is None else f"{service}|{server}"


def enrolments_stream(director: str) -> str:
    """The Redis key at which a host asks to be this director."""
    return f"lvs:{director}:enrol"


def enrolled_key(director: str) -> str:
    """The Redis key at which it finds the answer."""
    return f"lvs:{director}:enrolled"


# --- what an agent reports -------------------------------------------------------------------------


def _report(kind: str, director: str, at: float, **fields: Any) -> Message:
    return {"schema": SCHEMA, "type": kind, "director": director, "at": at, **fields}


def heartbeat(
    director: str,
    at: float,
    *,
    facts: Message,
    revision: int,
    owned_digest: str,
    problem: str,
    last_run: Message | None = None,
    console_keys: Sequence[str] = (),
) -> Message:
    """“I am here.” revision: highest verified, 0 = none; problem: why the kernel can't be read, or "".

    last_run: `last_run`, {} when there was none; console_keys: whom it believes, by `key_id`.
    """
    return _report(
        "heartbeat",
        director,
        at,
        facts=facts,
        revision=revision,
        owned_digest=owned_digest,
        problem=problem,
        last_run=last_run or {},
        console_keys=list(console_keys),
    )


def last_run(
    *,
    run: int,
    revision: int,
    state: RunState | Literal["running", "interrupted"],
    error: str = "",
    digest: str = "",
) -> Message:
    """What became of the run that a director was given last. interrupted: its agent ended in the middle."""
    return {"run": run, "revision": revision, "state": state, "error": error, "digest": digest}


def observed(
    director: str,
    at: float,
    *,
    table: Message,
    owned: Message,
    owned_digest: str,
) -> Message:
    """The kernel's whole table, which of it is ours (`scope_to_document`), and that part's digest."""
    return _report(
        "observed",
        director,
        at,
        table=table,
        owned=owned,
        owned_digest=owned_digest,
    )


def run_started(
    director: str, at: float, *, run: int, revision: int, steps: Sequence[Message]
) -> Message:
    """The plan as it will be executed. steps: `{"text", "command"}` each."""
    return _report("run_started", director, at, run=run, revision=revision, steps=list(steps))


def run_steps(director: str, at: float, *, run: int, results: Sequence[Message]) -> Message:
    """How steps went. results: `{"index", "state": "done|failed|skipped", "error"}` each."""
    return _report("run_steps", director, at, run=run, results=list(results))


def run_finished(
    director: str,
    at: float,
    *,
    run: int,
    revision: int,
    state: RunState,
    code: str = "",
    error: str = "",
    digest: str = "",
    steps: Sequence[Message] = (),
    already: bool = False,
) -> Message:
    """The end of a run, complete in itself. steps: `{"text", "command", "state", "error"}` each.

    digest: of what is ours now in the kernel, "" = unknown; already: it was verified before,
    and nothing was written.
    """
    return _report(
        "run_finished",
        director,
        at,
        run=run,
        revision=revision,
        state=state,
        code=code,
        error=error,
        digest=digest,
        steps=list(steps),
        already=already,
    )


def refused(director: str, at: float, *, what: str, reason: str) -> Message:
    """A sealed text was refused; nothing was changed. what: its type, "" when even that is not proven."""
    return _report("refused", director, at, what=what, reason=reason)


def errand_answered(
    director: str, at: float, *, errand: int, answer: Message, error: str = ""
) -> Message:
    """What came of an errand. error: why there is no answer, "" when there is one."""
    return _report("errand_answered", director, at, errand=errand, answer=answer, error=error)


def sample(
    *, at: float, seq: int, interval: float | None, rows: Mapping[str, list[Any]]
) -> Message:
    """One reading of all counters. interval: seconds since the sample before, None = none before.

    rows: by `row_id`, values in the order of ROW_FIELDS.
    """
    return {
        "schema": SCHEMA,
        "at": at,
        "seq": seq,
        "interval": interval,
        "rows": dict(rows),
    }
