"""`python -m lab.bench.approving ROUNDS`: from the approval to the verified run, on the whole real console.

Prints JSON: the name of the database and the seconds of each round. LVS_DATABASE_URL names the database;
without it the console keeps its own SQLite file.

**What is timed.** A second person has the change's page open: a live socket, as the page's script opens it.
The clock starts right before the approver's browser sends the form, and it stops when the other's page says
“verified”: when the part of the page that the socket's news made it ask for has come with that word. So
everything counts that people wait for, up to the commit and the way back; the time that the database stores
(`ended_at`) is taken before its commit and knows nothing of the news. Nobody polls: that would take processor
time from what is timed.
"""

import json
import os
import shutil
import sys
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path

from lab import steps
from lab.bench.author import Author
from lab.parts import end_on_signals
from lab.stack import Stack
from lab.story import Story
from lab.visitor import Live

WARM_UPS = 5
"""Rounds that don't count: until then the processes load what they need for the first time."""
PATIENCE = 30.0
"""Seconds until a run must be verified."""


def main(rounds: int) -> None:
    """Play all rounds; the logs stay when one fails."""
    data = Path(tempfile.mkdtemp(prefix="lvs-bench-"))
    database = os.environ.get("LVS_DATABASE_URL")
    stack = Stack(data, web_port=0, **({"LVS_DATABASE_URL": database} if database else {}))
    try:
        seconds = play(stack, rounds)
    except BaseException:
        print(f"The logs are in {data}/log", file=sys.stderr)
        raise
    finally:
        stack.stop()
    shutil.rmtree(data)
    named = "PostgreSQL" if database else "SQLite"
    json.dump({"database": named, "seconds": seconds}, sys.stdout)


def play(stack: Stack, rounds: int) -> list[float]:
    """The seconds of each round, on a stack that isn't started yet."""
    story = Story(stack)
    try:
        steps.start(story)
        steps.people_and_director(story)
        with closing(Author(story)) as author:
            found = [_round(story, author) for _ in range(WARM_UPS + rounds)]
        stack.check()
    finally:
        story.close()
    return found[WARM_UPS:]


def _round(story: Story, author: Author) -> float:
    """One change of the author, approved by another person: seconds until a third one sees it verified."""
    story.change = author.submit_next()
    page = story.change_page("approver")
    with story.sign_in("viewer").listen(f"change.{story.change}") as live:
        began = time.monotonic()
        click = threading.Thread(
            target=story.sign_in("approver").send, args=(page, "/approve/"), kwargs={"comment": ""}
        )
        click.start()
        try:
            seconds = _seen_verified(story, live) - began
        finally:
            click.join()
    return seconds


def _seen_verified(story: Story, live: Live) -> float:
    """When the page shows that every run is verified. Raises TimeoutError, or PartFailed for why."""
    for _, message in live.messages(PATIENCE):
        if "event" in message:
            runs = story.page("viewer", story.change_path("?part=runs"))
            states = set(runs.all(r'data-run-state="(\w+)"'))
            if states == {"verified"}:
                return time.monotonic()
            assert states <= {"queued", "running"}, runs.text
    story.stack.check()
    raise TimeoutError(f"change {story.change} was not verified within {PATIENCE:.0f} s")


if __name__ == "__main__":
    end_on_signals()
    main(int(sys.argv[1]))
