"""The steps of `lab.faults.slow` that break Redis and PostgreSQL in the middle of a change."""

import shutil
import signal
import time
from collections.abc import Callable
from typing import Any

from lab.faults.broken import Broken
from lab.story import wait

TRY_AGAIN = 503
"""The status of a page that the database failed."""


def redis_stalls(story: Broken) -> None:
    """Redis is frozen for eight seconds: connections stay open, and nothing answers"""
    _redis(story, lambda: _frozen(story, 8))


def redis_is_slow(story: Broken) -> None:
    """The director's line to Redis takes a quarter of a second for each piece"""

    def slow() -> None:
        story.proxy.delay = 0.25
        story.while_broken(5)

    weight = story.propose()
    story.approve()
    slow()
    story.comes_through(weight)
    story.proxy.delay = 0.0


def connections_break(story: Broken) -> None:
    """The director's connections to Redis are reset, again and again"""

    def resets() -> None:
        for _ in range(6):
            story.proxy.reset()
            time.sleep(0.4)

    _redis(story, resets)


def connections_go_dead(story: Broken) -> None:
    """The director's connections to Redis are forgotten on their way: open, and nothing comes through"""
    weight = story.propose()
    story.proxy.forget()
    story.approve()
    story.comes_through(weight)


def redis_is_full(story: Broken) -> None:
    """Redis has no memory left: the page says that the order is not delivered; with room again it is"""
    weight = story.propose()
    story.redis("CONFIG", "SET", "maxmemory", "1mb")
    story.approve()
    wait(lambda: "Not sent yet" in story.change_page("viewer").text, 20, "nothing is said of Redis")
    story.redis("CONFIG", "SET", "maxmemory", "0")
    story.comes_through(weight)


def redis_loses_everything(story: Broken) -> None:
    """Redis dies with the order in it and comes back empty, without its data and without its users"""

    def lose() -> None:
        story.stack.redis.kill()
        shutil.rmtree(story.stack.data / "redis")
        (story.stack.data / "redis").mkdir()
        time.sleep(1)
        story.stack.redis.start()

    _redis(story, lose)


def postgresql_dies(story: Broken) -> None:
    """PostgreSQL dies as the director reports, and comes back: the report is stored after all"""
    weight = story.propose()
    story.approve()
    story.postgresql.stop()
    time.sleep(6)
    story.postgresql.start()
    story.comes_through(weight)


def postgresql_hangs(story: Broken) -> None:
    """PostgreSQL is frozen as the director reports: a page says so within seconds; it is stored after all"""
    weight = story.propose()
    story.approve()
    story.postgresql.signal(signal.SIGSTOP)
    try:
        asked = time.monotonic()
        status = story.sign_in("viewer").get(story.change_path()).status
        assert status == TRY_AGAIN, f"a page of a database that hangs has status {status}"
        waited = time.monotonic() - asked
        assert waited < 12, f"a page of a database that hangs came after {waited:.0f} s"
    finally:
        story.postgresql.signal(signal.SIGCONT)
    story.comes_through(weight)


_REFUSE = """
CREATE SEQUENCE refused;
CREATE FUNCTION refuse_some() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF random() < 0.3 THEN
    IF nextval('refused') % 2 = 0 THEN
      RAISE 'could not serialize access' USING ERRCODE = 'serialization_failure';
    END IF;
    RAISE 'deadlock detected' USING ERRCODE = 'deadlock_detected';
  END IF;
  RETURN NEW;
END $$;
"""
_REFUSED_TABLES = (
    *("changes_change", "changes_review", "jobs_run", "jobs_runstep", "jobs_outbox"),
    *("telemetry_directorstatus", "audit_auditrecord"),
)


def transactions_are_refused(story: Broken) -> None:
    """PostgreSQL refuses three writes of ten, as of transactions that cross: the page asks to try again"""
    weight = story.propose()
    names = [
        f"CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON {name} FOR EACH ROW"
        for name in _REFUSED_TABLES
    ]
    story.sql(_REFUSE + "".join(f"{name} EXECUTE FUNCTION refuse_some();" for name in names))
    try:
        wait(lambda: story.approve().status != TRY_AGAIN, 30, "the approval never passed")
        story.comes_through(weight)
        wait(
            lambda: int(story.sql("SELECT last_value FROM refused")) > 1, 60, "nothing was refused"
        )
    finally:
        story.sql("DROP FUNCTION refuse_some CASCADE; DROP SEQUENCE refused")


def _redis(story: Broken, trouble: Callable[[], None]) -> None:
    """A change with trouble right after its approval."""
    weight = story.propose()
    story.approve()
    trouble()
    story.comes_through(weight)


def _frozen(story: Broken, seconds: float) -> None:
    story.stack.redis.signal(signal.SIGSTOP)
    try:
        story.while_broken(seconds)
    finally:
        story.stack.redis.signal(signal.SIGCONT)


STEPS: tuple[Callable[[Any], None], ...] = (
    *(redis_stalls, redis_is_slow, connections_break, connections_go_dead),
    *(redis_is_full, redis_loses_everything),
    *(postgresql_dies, postgresql_hangs, transactions_are_refused),
)
