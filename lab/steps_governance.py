"""The story goes on: going back, commits that must be confirmed, a drained real server, and a drift."""

from lab.story import VIP, Story, assert_equal, assert_in, wait

MINUTE = 60.0


def rollback(story: Story) -> None:
    """Revision 1 is proposed again, approved, and applied: the first table stands in the kernel once more"""
    page = story.page("operator", "/clusters/web/revisions/1/")
    assert_in("wrr", page.text)
    page = story.sign_in("operator").send(page, "reason", reason="web1 is as fast as web2 again")
    _take_up(story, page.url)
    story.submit()
    story.approve()
    story.wait_applied()
    _holds(story, "rr", "1", "1")


def confirmed(story: Story) -> None:
    """A change that must be confirmed is confirmed, and stays"""
    _propose(story, "20", "10", minutes="1")
    page = story.change_page("operator")
    page = story.sign_in("operator").send(page, "/confirm/")
    assert_in("Confirmed: it stays.", page.text)
    _holds(story, "wrr", "20", "10")


def unconfirmed(story: Story) -> None:
    """Another one is applied, and nobody confirms it"""
    _propose(story, "3", "1", minutes="1")
    _holds(story, "wrr", "3", "1")
    assert_in("taken back at", story.change_page("viewer").text)


def taken_back(story: Story) -> None:
    """Within its minute it was taken back by itself: the table from before stands in the kernel"""

    def back() -> bool:
        return [line.split()[-1] for line in story.table()] == ["wrr", "20", "10"]

    wait(back, MINUTE + 20, "the unconfirmed change was not taken back")
    path = wait(lambda: _taken_back_by(story), 10, "the change does not say what took it back")
    wait(
        lambda: "Applied" in story.page("viewer", path).text_of("change-head"),
        20,
        "the change that takes it back is not applied",
    )


def drain(story: Story) -> None:
    """web2 is drained: weight 0, all requests go to web1, it is counted; undone, its weight is back"""
    page = story.page("admin", "/clusters/web/policy/")
    page = story.sign_in("admin").send(page, "approvals", free_weights="on")
    assert_in("The policy is stored", page.text)
    path = f"/clusters/web/drain/tcp-{VIP}-80/192.168.1.104-80/"
    page = story.page("operator", path)
    page = story.sign_in("operator").send(page, "minutes", reason="web2 gets a new disk")
    here = page.url.removeprefix(story.stack.url)
    wait(lambda: "Weight 0 since" in story.page("viewer", here).text, 20, "it does not drain")
    _holds(story, "wrr", "20", "0")
    assert_equal(story.requests(4), ["web1"] * 4)
    wait(lambda: _counted(story, here), 10, "nobody counts who is connected")
    page = story.page("operator", here)
    story.sign_in("operator").send(page, "/act/", act="undo")
    wait(lambda: "Undone" in story.page("viewer", here).text, 20, "the drain is not undone")
    _holds(story, "wrr", "20", "10")


def drift(story: Story) -> None:
    """A hand-typed ipvsadm -e is shown field by field within 30 s, and put back"""
    story.ipvsadm("-e", "-t", f"{VIP}:80", "-r", "192.168.1.103:80", "-m", "-w", "7")
    [path] = set(story.page("operator", "/directors/").all(r'href="(/directors/[0-9a-f-]{36}/)"'))
    path += "drift/"
    shown = wait(lambda: _drifting(story, path), 30, "the drift was not shown")
    for word in ("weight", "20", "7"):
        assert_in(word, shown)
    page = story.page("operator", path)
    [seen] = set(page.all(r'name="digest"\s+value="([0-9a-f]{64})"'))  # of the form, beside it
    page = story.sign_in("operator").send(
        page, "/revert/", digest=seen, revert__reason="Nobody knows why"
    )
    _take_up(story, page.url)
    story.wait_applied()
    _holds(story, "wrr", "20", "10")
    wait(lambda: not _drifting(story, path), 15, "the drift did not end")
    page = story.page("admin", "/clusters/web/policy/")
    story.sign_in("admin").send(page, "approvals", free_weights=None)  # four eyes from here on


def _drifting(story: Story, path: str) -> str:
    """What the page says while the director drifts; "" while it doesn't."""
    page = story.page("viewer", path)
    return page.text if "holds revision" not in page.text else ""


def _counted(story: Story, path: str) -> bool:
    return "on all directors, counted" in story.page("viewer", path).text


def _propose(story: Story, first: str, second: str, *, minutes: str) -> None:
    """A change of both weights under wrr is applied; it must be confirmed within so many minutes."""
    story.new_change(f"Weights {first} and {second}", "web1 has other work to do")
    page = story.page("operator", story.change_path(f"services/tcp-{VIP}-80/"))
    weights = {"scheduler": "wrr", "servers__0__weight": first, "servers__1__weight": second}
    story.sign_in("operator").send(page, "servers-0-address", **weights)
    story.submit(confirm_within=minutes)
    story.approve()
    story.wait_applied()


def _take_up(story: Story, url: str) -> None:
    """Go on with the change of this page."""
    story.change = int(url.rstrip("/").rpartition("/")[2])


def _holds(story: Story, *wanted: str) -> None:
    """The kernel holds the service with this scheduler and these weights."""
    assert_equal([line.split()[-1] for line in story.table()], list(wanted))


def _taken_back_by(story: Story) -> str:
    """The path of the change that takes back the one that the story is at; "" = none yet."""
    found = story.change_page("viewer").all(r'by <a href="(/changes/\d+/)">')
    return found[0] if found else ""
