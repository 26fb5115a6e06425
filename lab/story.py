"""The stage of the smoke test: the stack, the people, and the witnesses that are not ours."""

import secrets
import subprocess
import time
from collections.abc import Callable
from typing import TypeVar

from lab import GuestProcess
from lab.html import Page
from lab.stack import Stack
from lab.visitor import Visitor

T = TypeVar("T")

VIP = "192.168.49.134"
DIRECTOR = "lb1"
ROLES = ("operator", "approver", "viewer")


class Story:
    """What the steps share."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.passwords = {name: secrets.token_urlsafe(12) for name in ("admin", *ROLES)}
        self.people: dict[str, Visitor] = {}
        self.change = 0
        """Number of the change that the story is at."""
        self.traffic: GuestProcess | None = None

    def sign_in(self, name: str) -> Visitor:
        """A person at the console, signed in once."""
        if name not in self.people:
            self.people[name] = Visitor(self.stack.url, name, self.passwords[name])
        return self.people[name]

    def close(self) -> None:
        """Everybody leaves."""
        for person in self.people.values():
            person.close()

    # --- pages -------------------------------------------------------------------------------------

    def page(self, who: str, path: str) -> Page:
        """A page as this person gets it; it must be there."""
        page = self.sign_in(who).get(path)
        assert page.status == 200, f"{who} gets {page.status} for {path}: {page.text[:300]}"
        return page

    def change_path(self, act: str = "") -> str:
        """The path of the change's page, or of an act on it."""
        return f"/changes/{self.change}/{act}"

    def change_page(self, who: str) -> Page:
        """The page of the change."""
        return self.page(who, self.change_path())

    def new_change(self, title: str, reason: str) -> Page:
        """The operator opens a draft for cluster web; its page."""
        operator = self.sign_in("operator")
        page = self.page("operator", "/clusters/web/changes/new/")
        page = operator.send(page, "title", title=title, reason=reason)
        self.change = int(page.url.rstrip("/").rpartition("/")[2])
        return page

    def submit(self, **fields: str) -> Page:
        """The operator submits the change; its page. fields: of the form, as `confirm_within`."""
        page = self.sign_in("operator").send(self.change_page("operator"), "/submit/", **fields)
        assert_in("In review", page.text_of("change-head"))
        return page

    def approve(self) -> Page:
        """The approver approves the change; its page."""
        approver = self.sign_in("approver")
        return approver.send(self.change_page("approver"), "/approve/", comment="Looks right")

    def state(self) -> str:
        """The state of the change's run, as the page has it now."""
        states = self.change_page("viewer").all(r'data-run-state="(\w+)"')
        return states[0] if states else "none"

    def wait_applied(self, seconds: float = 20) -> Page:
        """Wait until the change is applied; its page. A run that fails ends the wait."""

        def ended() -> Page | None:
            page = self.change_page("viewer")
            assert 'data-run-state="failed"' not in page.source, page.text_of("change-runs")
            return page if "Applied" in page.text_of("change-head") else None

        return wait(ended, seconds, "the change was not applied")

    # --- witnesses ---------------------------------------------------------------------------------

    def ipvsadm(self, *arguments: str) -> list[str]:
        """What `ipvsadm` on the director prints, line by line, white space folded."""
        done = self.stack.lab.run(["ipvsadm", *arguments])
        assert done.returncode == 0, done.stderr
        return [" ".join(line.split()) for line in done.stdout.splitlines()]

    def table(self) -> list[str]:
        """The table that the director's kernel holds, as `ipvsadm -Sn` saves it."""
        return self.ipvsadm("-Sn")

    def requests(self, count: int) -> list[str]:
        """Who answered each of so many requests of the client, asked by curl one after another."""
        loop = f"for i in $(seq {count}); do curl -s -m 5 http://{VIP}/ || echo none; done"
        try:
            done = self.stack.lab.run(["sh", "-c", loop], host="client", timeout=count * 6)
        except subprocess.TimeoutExpired as error:
            raise TimeoutError(f"curl: {error}") from error
        return done.stdout.split()


def wait(ready: Callable[[], T | None], seconds: float, complaint: str) -> T:
    """Ask until there is an answer. Raises TimeoutError with the complaint when there is none."""
    deadline = time.monotonic() + seconds
    while True:
        if answer := ready():
            return answer
        if time.monotonic() > deadline:
            raise TimeoutError(f"{complaint} within {seconds:.0f} s")
        time.sleep(0.15)


def assert_in(wanted: str, text: str) -> None:
    """AssertionError that shows both when `wanted` is not in `text`."""
    assert wanted in text, f"expected “{wanted}” in: {text[:800]}"


def assert_equal(found: object, wanted: object) -> None:
    """AssertionError that shows both when they differ."""
    assert found == wanted, f"expected {wanted!r}\n   found {found!r}"
