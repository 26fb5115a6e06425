"""One thing that was looked at, and what it means for the table."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

Level = Literal["wrong", "warning", "unknown", "ok"]
LEVELS: tuple[Level, ...] = ("wrong", "warning", "unknown", "ok")
"""Worst first: the order in which people should read them."""


class Finding(NamedTuple):
    """A judgement on one subject."""

    level: Level
    code: str
    """What was looked at, for programs: `route.missing`, `kernel.scheduler`, … Before the dot: its group."""
    subject: str
    """Of what: an address, a module, an interface, a sysctl."""
    title: str
    """What was found, in one short sentence without its full stop."""
    why: str = ""
    """Why it matters, in one sentence."""
    mend: str = ""
    """The command, to be run as root on the director, after which it is ok; "" = there is no one command."""

    @property
    def group(self) -> str:
        """Which part of the host it is about."""
        return self.code.partition(".")[0]


NO_IPVS = frozenset({"kernel.right", "kernel.ipvs"})
"""Codes of findings with which nothing can be balanced at all."""


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """By level; within one level as they came."""
    return sorted(findings, key=lambda finding: LEVELS.index(finding.level))


def counts(findings: Iterable[Finding]) -> dict[Level, int]:
    """How many there are of each level, worst first."""
    levels = [finding.level for finding in findings]
    return {level: levels.count(level) for level in LEVELS}


def is_fit(findings: Iterable[Finding]) -> bool:
    """Whether nothing is wrong."""
    return all(finding.level != "wrong" for finding in findings)
