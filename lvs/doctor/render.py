"""Findings and advice as text for people, and as JSON. Pure."""

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

from lvs.doctor.finding import LEVELS, Finding, Level, counts, is_fit
from lvs.doctor.host import Host
from lvs.doctor.servers import Advice

Document = dict[str, Any]

ALIKE = 5
"""So many findings of one kind are shown one by one; JSON holds all."""
_WIDTH = 110
_GROUP_WIDTH = 12
_TITLES: dict[Level, str] = {
    "wrong": "WRONG",
    "warning": "WARNING",
    "unknown": "NOT KNOWN",
    "ok": "OK",
}


def to_document(host: Host, findings: Sequence[Finding], advice: Sequence[Advice]) -> Document:
    """`{"host", "kernel", "fit", "counts", "findings", "real_servers"}`, findings in the way of a packet."""
    return {
        "host": host.name,
        "kernel": host.release,
        "fit": is_fit(findings),
        "counts": counts(findings),
        "findings": [finding._asdict() for finding in findings],
        "real_servers": [
            {name: list(values) for name, values in part._asdict().items()} for part in advice
        ],
    }


def render_findings(host: Host, what: str, findings: Sequence[Finding]) -> str:
    """The findings, worst first. what: the table in words."""
    number = counts(findings)
    said = ", ".join(_counted(level, number[level]) for level in LEVELS if number[level])
    verdict = "is fit" if is_fit(findings) else "is NOT fit"
    blocks = [
        f"{host.name} (Linux {host.release}) {verdict} to be a director for {what}: {said}.\n"
    ]
    for level in LEVELS:
        chosen = [finding for finding in findings if finding.level == level]
        if chosen:
            blocks.append(f"\n{_TITLES[level]}\n{_level(level, chosen)}")
    if any(finding.mend for finding in findings):
        blocks.append(
            "\nA mend holds until the next restart: to keep it, write sysctls to /etc/sysctl.d, modules to"
            "\n/etc/modules-load.d, addresses and routes to this host's network configuration.\n"
        )
    return "".join(blocks)


def render_advice(advice: Sequence[Advice]) -> str:
    """What to do on the real servers."""
    blocks = ["ON THE REAL SERVERS, as root\n"]
    for part in advice:
        blocks.append(f"\n  {_named(part.servers)}: {', '.join(part.ways)}\n")
        blocks += (f"    {command}\n" for command in part.commands)
        for note in part.notes:
            blocks += (f"    # {line}\n" for line in wrap(note, _WIDTH - 6))
    return "".join(blocks)


def _counted(level: Level, number: int) -> str:
    plural = "s" if level == "warning" and number > 1 else ""
    return f"{number} {_TITLES[level].lower()}{plural}"


def _named(addresses: Sequence[str]) -> str:
    lines = wrap(", ".join(addresses), _WIDTH - 4, break_on_hyphens=False)
    return "\n  ".join(lines)


def _level(level: Level, findings: list[Finding]) -> str:
    """Three columns: part of the host, subject, what was found; below it why, and what mends it."""
    shown, hidden = _without_repeats(findings)
    # One very long name must not push every title aside.
    width = min(max(len(finding.subject) for finding in shown), 40)
    indent = " " * (_GROUP_WIDTH + width + 4)
    lines, before = [], ""
    for finding in shown:
        group = finding.group if finding.group != before else ""
        before = finding.group
        lines.append(f"  {group:<{_GROUP_WIDTH}}{finding.subject:<{width}}  {finding.title}\n")
        if level != "ok":
            lines += (f"{indent}{line}\n" for line in wrap(finding.why, _WIDTH - len(indent)))
            if finding.mend:
                lines.append(f"{indent}mend: {finding.mend}\n")
    lines += (f"  … and {n} more like it ({code}): --format json shows all\n" for code, n in hidden)
    return "".join(lines)


def _without_repeats(findings: list[Finding]) -> tuple[list[Finding], list[tuple[str, int]]]:
    """The first few of each code, and how many more there are."""
    number: dict[str, int] = {}
    shown = []
    for finding in findings:
        number[finding.code] = number.get(finding.code, 0) + 1
        if number[finding.code] <= ALIKE:
            shown.append(finding)
    return shown, [(code, n - ALIKE) for code, n in number.items() if n > ALIKE]
