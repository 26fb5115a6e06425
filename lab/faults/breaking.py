"""The steps of `lab.faults.slow`: each breaks one part in the middle of a change."""

import json
import signal
import time
from collections.abc import Callable
from typing import Any

from lab.faults.breaking_stores import STEPS as STORES
from lab.faults.broken import Broken
from lab.steps import apply, define, people_and_director, review, start
from lab.story import DIRECTOR, assert_equal, assert_in, wait


def side_by_side(story: Broken) -> None:
    """A second worker with its own beat and a second relay run beside the first: nothing happens twice"""
    for part in story.stack.seconds:
        part.start()
    for _ in range(3):
        weight = story.propose()
        story.approve()
        story.comes_through(weight)


def console_dies(story: Broken) -> None:
    """Worker and relay are killed at once, in the middle; others take over, and they come back"""
    weight = story.propose()
    story.approve()
    for part in (story.stack.worker, story.stack.relay):
        part.kill()
    time.sleep(2)
    for part in (story.stack.worker, story.stack.relay):
        part.start()
    story.comes_through(weight)


def agent_dies(story: Broken) -> None:
    """The agent is killed with an order on its way, and started again"""
    weight = story.propose()
    story.stack.kill_agent(DIRECTOR)
    story.approve()
    time.sleep(2)
    story.stack.start_agent(DIRECTOR)
    story.comes_through(weight)


def host_freezes(story: Broken) -> None:
    """The director's whole machine is frozen for fifteen seconds: it is away, then present, and applies it"""
    weight = story.propose()
    story.stack.lab.signal(signal.SIGSTOP)
    try:
        story.approve()
        wait(lambda: "Away" in story.page("viewer", "/directors/").text, 25, "it is not away")
    finally:
        story.stack.lab.signal(signal.SIGCONT)
    story.comes_through(weight)


def clock_is_wrong(story: Broken) -> None:
    """The director's clock is ten minutes behind: it refuses the order and says so; then it is right again"""
    weight = story.propose()
    story.on_director("date", "-s", f"@{time.time() - 600:.0f}")
    story.approve()
    wait(
        lambda: "compare the clocks" in story.change_page("viewer").text,
        30,
        "nothing is said of clocks",
    )
    story.on_director("date", "-s", f"@{time.time():.0f}")
    story.comes_through(weight, also=("run.order_refused",))


def folder_is_read_only(story: Broken) -> None:
    """The state folder can't be written: the page says so, the kernel is as it was; then it goes"""
    folder = story.stack.guest_folder / DIRECTOR / "state"

    def may(mode: int) -> None:
        for part in (folder, folder / "runs"):
            part.chmod(mode)

    _waits_for_disk(story, lambda: may(0o500), lambda: may(0o700), "Can't")


def disk_is_full(story: Broken) -> None:
    """The disk under the state folder is full: the page says so, the kernel is as it was; then it goes"""
    folder = str(story.stack.guest_folder / DIRECTOR / "state")
    script = (
        f"cp -a {folder} /run/kept && mount -t tmpfs -o size=256k,mode=700 tmpfs {folder} && "
        f"cp -a /run/kept/. {folder}/ && (dd if=/dev/zero of={folder}/full bs=4k 2>/dev/null || true)"
    )
    _waits_for_disk(
        story,
        lambda: story.on_director("sh", "-c", script),
        lambda: story.on_director("rm", f"{folder}/full"),
        "No space left",
    )


def _waits_for_disk(
    story: Broken, breaks: Callable[[], None], mends: Callable[[], None], reason: str
) -> None:
    before, weight = story.table(), story.propose()
    breaks()
    try:
        story.approve()
        wait(lambda: reason in story.change_page("viewer").text, 30, f"nothing says “{reason}”")
        assert_equal(story.table(), before)
    finally:
        mends()
    story.comes_through(weight, also=("run.order_refused",))


def host_restarts_without_console(story: Broken) -> None:
    """With Redis and console gone the kernel loses its table in a restart: the agent brings it back alone"""
    before = story.table()
    story.stack.kill_agent(DIRECTOR)
    for part in (*story.stack.seconds, story.stack.relay, story.stack.worker, story.stack.redis):
        part.kill()
    story.on_director("ipvsadm", "-C")
    _another_boot(story)
    story.stack.start_agent(DIRECTOR)
    wait(lambda: story.table() == before, 30, "the table is not back")
    story.stack.redis.start()
    for part in (story.stack.worker, story.stack.relay):
        part.start()
    wait(lambda: "Present" in story.page("viewer", "/directors/").text, 40, "it is not present")


def _another_boot(story: Broken) -> None:
    """The state file says that it is of another life of the kernel, as it does after a restart."""
    folder = str(story.stack.guest_folder / DIRECTOR / "state" / "state.json")
    done = story.stack.lab.run(["cat", folder])
    document = json.loads(done.stdout)
    document["boot_id"] = "the boot before"
    story.stack.lab.run(["sh", "-c", f"cat > {folder}"], input=json.dumps(document))


def chain_is_whole(story: Broken) -> None:
    """After all of it: the audit chain is whole, and no run is open"""
    assert_in("is whole", story.stack.manage("audit", "verify"))
    states = set(story.sql("SELECT DISTINCT state FROM jobs_run").split())
    assert states <= {"verified", "failed"}, states


STEPS: tuple[Callable[[Any], None], ...] = (
    *(start, people_and_director, define, review, apply, side_by_side),
    *STORES,
    *(console_dies, agent_dies, host_freezes, clock_is_wrong),
    *(folder_is_read_only, disk_is_full, host_restarts_without_console, chain_is_whole),
)
