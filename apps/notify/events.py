"""What people and programs can be told of: the one list of events, and their words."""

from typing import NamedTuple

REVIEW_ASKED, REVIEW_DUE = "review_asked", "review_due"
DIRECTOR_AWAY, DIRECTOR_BACK = "director_away", "director_back"
DRIFT_BEGAN = "drift_began"
TEST = "test"
"""Asked for by hand, to see whether anything arrives. Nobody chooses it."""


class Event(NamedTuple):
    """One kind of event: its name on pages, what an e-mail begins with, and when it comes."""

    label: str
    says: str
    about: str
    by_default: bool = False  # by e-mail to whoever chose nothing
    to_programs: str = ""  # what a webhook says instead


EVENTS: dict[str, Event] = {
    REVIEW_ASKED: Event(
        "Review asked",
        "Your review is asked.",
        "A change waits for approval, and yours would count.",
        by_default=True,
        to_programs="A change waits for review.",
    ),
    REVIEW_DUE: Event(
        "Review due after an emergency",
        "A change went first, in an emergency. It must be reviewed now.",
        "A rollback was applied before anybody approved it, and your review would count.",
        by_default=True,
    ),
    "applied": Event("Applied", "A change is applied.", "Every director verified a change."),
    "failed": Event("Failed", "A change failed.", "No director holds what was approved."),
    "partial": Event(
        "Partly applied", "A change is applied only in part.", "Some directors hold it, others not."
    ),
    "confirm_due": Event(
        "Waits to be confirmed",
        "A change is applied and waits to be confirmed.",
        "Unless somebody confirms it in time, it is taken back.",
    ),
    "taken_back": Event(
        "Taken back",
        "A change is taken back, because nobody confirmed it.",
        "The table from before goes back to the directors.",
    ),
    DRIFT_BEGAN: Event(
        "Drift",
        "A director no longer holds what was approved.",
        "Somebody or something else changed services of ours in a kernel.",
    ),
    DIRECTOR_AWAY: Event(
        "Director away",
        "A director is away.",
        "Its agent has been silent for a minute. Its kernel goes on balancing.",
    ),
    DIRECTOR_BACK: Event("Director back", "A director is back.", "It had been away."),
}

OF_REVIEWERS = (REVIEW_ASKED, REVIEW_DUE)
"""Told only to those whose review would count."""

LABELS = {TEST: "Test"} | {kind: event.label for kind, event in EVENTS.items()}
"""Each kind in a word or two, as lists show it."""

SAYS = {TEST: "This is a test: nothing happened."} | {k: e.says for k, e in EVENTS.items()}
"""Each kind as the first sentence of an e-mail."""
