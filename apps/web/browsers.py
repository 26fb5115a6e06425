"""Browsers in words: what a person recognises theirs by."""

from typing import NamedTuple

from apps.accounts.selectors import Session

_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


class SessionRow(NamedTuple):
    """A session as the list of sessions shows it."""

    session: Session
    browser: str

    @classmethod
    def of(cls, session: Session) -> "SessionRow":
        """The row of this session."""
        return cls(session, browser_in_words(session.browser))


def browser_in_words(agent: str) -> str:
    """“Firefox on Linux”; the beginning of what the browser said of itself where we don't know it."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or agent[:60] or "unknown browser"
