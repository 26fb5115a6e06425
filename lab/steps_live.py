"""The story goes on: live counters, the audit log, and what happens when parts fail."""

import time
from itertools import pairwise
from typing import Any

from lab.stack import ROOT
from lab.story import DIRECTOR, VIP, Story, assert_equal, assert_in, wait

WATCHED_SECONDS = 8.0
KERNEL_LAG = 3.0
"""The kernel brings the counters that it shows up to date every 2 s."""


def live(story: Story) -> None:
    """A viewer gets live frames at least once a second; their counters move, and end equal to ipvsadm's"""
    topic = _samples(story)
    script = str(ROOT / "lab" / "traffic.py")
    traffic = story.stack.lab.spawn(["python", script, VIP, "80", "--rate", "12"], host="client")
    rows: dict[str, list[Any]] = {}
    times, counts = [], []
    with story.sign_in("viewer").listen(topic) as socket:
        for at, message in socket.messages(WATCHED_SECONDS):
            if frame := message.get("frame"):
                times.append(at)
                _take(rows, frame)
                counts.append(_connections(rows))
        traffic.terminate()
        traffic.wait(10)
        for _, message in socket.messages(KERNEL_LAG + 1):
            _take(rows, message.get("frame") or {})
    gaps = [b - a for a, b in pairwise(times)]
    assert len(times) >= WATCHED_SECONDS - 1 and max(gaps) < 1.6, f"frames came {gaps} s apart"
    assert counts[-1] > counts[0] + 20, f"the counter of connections did not move: {counts}"
    assert_equal(_exact(rows), _witnessed(story))


def _take(rows: dict[str, list[Any]], frame: dict[str, Any]) -> None:
    """Bring the rows up to date, as the live page does."""
    if frame.get("full"):
        rows.clear()
    rows.update(frame.get("rows", {}))
    for name in frame.get("removed", ()):
        rows.pop(name, None)


def _connections(rows: dict[str, list[Any]]) -> int:
    return int(rows[f"tcp {VIP}:80"][4])


def _exact(rows: dict[str, list[Any]]) -> dict[str, list[int]]:
    """Connections, packets and bytes by row, as `ipvsadm --stats` orders them."""
    return {
        name.rpartition("|")[2]: [int(value) for value in row[4:9]] for name, row in rows.items()
    }


def _witnessed(story: Story) -> dict[str, list[int]]:
    found = {}
    for line in story.ipvsadm("-Ln", "--stats", "--exact"):
        words = line.split()
        if words and words[0] == "TCP":
            found[f"tcp {words[1]}"] = [int(word) for word in words[2:7]]
        elif words and words[0] == "->" and words[1] != "RemoteAddress:Port":
            found[words[1]] = [int(word) for word in words[2:7]]
    return found


def audit(story: Story) -> None:
    """Each act stands in the audit log: who, what, and for which change"""
    for who, act in (("admin", "user.created"), ("operator", "change.opened")):
        assert_in(act, story.page("approver", f"/audit/?actor={who}").text)
    found = story.page("approver", "/audit/?text=second+CPU")
    number = found.all(r"/changes/([0-9]+)/")[0]
    page = story.page("approver", f"/audit/?change={number}")
    for word in ("operator", "approver", "submit", "approve", "web1 got a second CPU"):
        assert_in(word, page.text)


def redis_restart(story: Story) -> None:
    """Redis dies as an order leaves, and again as a run reports: nothing is lost, no page tells a lie"""
    _survives(story, weight="1", at_first_report=False)
    _survives(story, weight="3", at_first_report=True)


def _survives(story: Story, weight: str, *, at_first_report: bool) -> None:
    """A change of the first weight with Redis away for some seconds in the middle of it."""
    story.new_change(f"Weight {weight} for web1", "web1 has other work to do")
    page = story.page("operator", story.change_path(f"services/tcp-{VIP}-80/"))
    weights = {"servers__0__weight": weight, "servers__1__weight": "1"}
    story.sign_in("operator").send(page, "servers-0-address", **weights)
    story.submit()
    story.approve()
    if at_first_report:
        wait(lambda: story.state() != "queued", 15, "the run did not begin")
    story.stack.redis.kill()
    until = time.monotonic() + 4
    while time.monotonic() < until:
        _tells_no_lie(story, weight)
        time.sleep(0.5)
    story.stack.redis.start()
    story.wait_applied(40)
    assert_equal([line.split()[-1] for line in story.table()], ["wrr", weight, "1"])
    wait(lambda: _presence(story) == "Present", 15, "the director is not present again")
    with story.sign_in("viewer").listen(_samples(story)) as socket:
        socket.wait_for(lambda message: "frame" in message, 5)


def _samples(story: Story) -> str:
    """The topic of the cluster's live numbers, as its page names it."""
    [topic] = set(story.page("viewer", "/clusters/web/").all(r"\b(samples\.\d+)\b"))
    return topic


def _tells_no_lie(story: Story, weight: str) -> None:
    """Without Redis nobody knows how a run goes on: it is queued or running, or it had ended before."""
    state = story.state()
    assert state in {"queued", "running", "verified"}, f"the run's page says {state}"
    weights = [line.split()[-1] for line in story.table()][1:]
    assert state != "verified" or weights == [weight, "1"], (
        f"the page says {state}, the kernel {weights}"
    )
    assert _presence(story) != "Away", "a director is called away while nobody can hear it"


def _presence(story: Story) -> str:
    """What the page of directors says of the director."""
    text = story.page("viewer", "/directors/").text
    return next(
        (word for word in ("Present", "Away", "Unknown", "Never seen") if word in text), text
    )


def killed_agent(story: Story) -> None:
    """A director whose agent is killed is away within 15 s; started again it is present and wrote nothing"""
    by_hand = ["-e", "-t", f"{VIP}:80", "-r", "192.168.1.103:80", "-m", "-w", "7"]
    story.ipvsadm(*by_hand)  # a restart must not write over it
    story.stack.kill_agent(DIRECTOR)
    wait(lambda: _presence(story) == "Away", 15, "the director was not shown as away")
    story.stack.start_agent(DIRECTOR)
    wait(lambda: _presence(story) == "Present", 20, "the director did not come back")
    assert_equal([line.split()[-1] for line in story.table()], ["wrr", "7", "1"])


def console_down(story: Story) -> None:
    """The console's processes end: connections are balanced on"""
    for part in (story.stack.web, story.stack.worker, story.stack.relay):
        part.kill()
    assert "none" not in story.requests(4)
