"""ldirectord.cf → table: what ldirectord puts into the kernel while every check succeeds.

What is left out means what ldirectord makes of it: scheduler wrr, weight 1, protocol udp on port 53
and tcp on every other. With checktype off it activates no real server: they get weight 0 here.
"""

import re

from lvs.formats.errors import Draft, FormatError, quoted
from lvs.formats.ldirectord_section import SETTING, Found, Section
from lvs.formats.ldirectord_words import GLOBAL
from lvs.formats.place import Budget, Place, Remarks
from lvs.formats.surroundings import ALONE, Surroundings
from lvs.model import Table
from lvs.rules import Path

_INDENTED = re.compile(r" {4}")


def read_ldirectord(text: str, around: Surroundings = ALONE) -> Draft:
    """The table of the text, unchecked. Raises FormatError where ldirectord would refuse it."""
    remarks, budget = Remarks(), Budget()
    found: list[Found] = []
    section: Section | None = None
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        place = Place(number)
        if line.lstrip().startswith("#"):
            continue
        if not line.strip():
            found += [section.end(budget)] if section else []
            section = None
            continue
        spaced = line.replace("\t", "    ").rstrip()
        if section and _INDENTED.match(spaced):
            section.take(spaced.strip().split("#", 1)[0].rstrip(), place)
            continue
        found += [section.end(budget)] if section else []
        section = _outermost(spaced, place, around, remarks)
    found += [section.end(budget)] if section else []
    if not found:
        raise FormatError(None, "there is no virtual= in it: nothing to read")
    return _draft(found, remarks)


def _outermost(line: str, place: Place, around: Surroundings, remarks: Remarks) -> Section | None:
    """A global setting, which is noted, or the begin of a section."""
    if line.startswith(" "):
        message = "an indented line belongs to a virtual= above it, and a blank line ends that one"
        raise place.error(message)
    setting = SETTING.fullmatch(line)
    name = setting[1] if setting else line
    if setting and name in ("virtual", "virtual6"):
        value = setting[2].split("#", 1)[0].rstrip()
        return Section(value, "inet6" if name == "virtual6" else "inet", place, around, remarks)
    if (setting or name == "supervised") and name in GLOBAL:
        remarks.leave_out(place, f"{quoted(line, 60)}: {GLOBAL[name]}")
        return None
    raise place.error(f"{quoted(line)} is no setting of ldirectord.cf")


_NAMES = {
    "flags": "schedflags",
    "persistence": "persistent",
    "one_packet": "ops",
}


def _draft(found: list[Found], remarks: Remarks) -> Draft:
    def line_of(path: Path) -> int | None:
        match path:
            case ("services", int(index), "real_servers", int(server), *_):
                return found[index].reals[server].place.line
            case ("services", int(index), *rest):
                name = str(rest[0]) if rest else ""
                lines = found[index].lines
                return lines.get(_NAMES.get(name, name), found[index].place).line
        return None

    table = Table(tuple(f.service for f in found))
    return Draft(table, line_of, tuple(remarks.notes), tuple(remarks.warnings))
