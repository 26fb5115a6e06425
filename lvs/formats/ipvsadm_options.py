"""The options of an `ipvsadm -A` or `-a` line, split as ipvsadm 1.31 does (with popt)."""

import shlex
from typing import NamedTuple

from lvs.formats.errors import FormatError, quoted


class Option(NamedTuple):
    """One option: its name in messages and in a parsed line, and whether an argument follows."""

    name: str
    argument: bool | None = True
    """None: an argument may follow (`-p`)."""
    of: str = "-A"
    """The command that takes it: -A, -a, or both."""


_ADD_SERVICE = Option("-A", False)
_ADD_SERVER = Option("-a", False)
SHORT: dict[str, Option] = {
    "A": _ADD_SERVICE,
    "a": _ADD_SERVER,
    "t": Option("-t", of="both"),
    "u": Option("-u", of="both"),
    "f": Option("-f", of="both"),
    "6": Option("-6", False, of="both"),
    "s": Option("-s"),
    "p": Option("-p", None),
    "M": Option("-M"),
    "o": Option("-o", False),
    "b": Option("-b"),
    "r": Option("-r", of="-a"),
    "m": Option("-m", False, of="-a"),
    "g": Option("-g", False, of="-a"),
    "i": Option("-i", False, of="-a"),
    "w": Option("-w", of="-a"),
    "x": Option("-x", of="-a"),
    "y": Option("-y", of="-a"),
}
LONG: dict[str, Option] = {
    "add-service": _ADD_SERVICE,
    "add-server": _ADD_SERVER,
    "tcp-service": SHORT["t"],
    "udp-service": SHORT["u"],
    "sctp-service": Option("--sctp-service", of="both"),
    "fwmark-service": SHORT["f"],
    "ipv6": SHORT["6"],
    "scheduler": SHORT["s"],
    "persistent": SHORT["p"],
    "netmask": SHORT["M"],
    "ops": SHORT["o"],
    "sched-flags": SHORT["b"],
    "pe": Option("--pe"),
    "real-server": SHORT["r"],
    "masquerading": SHORT["m"],
    "gatewaying": SHORT["g"],
    "ipip": SHORT["i"],
    "weight": SHORT["w"],
    "u-threshold": SHORT["x"],
    "l-threshold": SHORT["y"],
    "tun-type": Option("--tun-type", of="-a"),
    "tun-port": Option("--tun-port", of="-a"),
    "tun-nocsum": Option("--tun-nocsum", False, of="-a"),
    "tun-csum": Option("--tun-csum", False, of="-a"),
    "tun-remcsum": Option("--tun-remcsum", False, of="-a"),
}
_WORDS = {f"-{letter}": option for letter, option in SHORT.items()}
_WORDS |= {f"--{name}": option for name, option in LONG.items()}
_OTHER_COMMANDS = frozenset("EDCReLlZdShv") | {
    "edit-service",
    "delete-service",
    "clear",
    "restore",
    "edit-server",
    "delete-server",
    "list",
    "zero",
    "save",
    "help",
    "version",
}
_FIRST_IN_THEIR_LINE = ("set", "start-daemon", "stop-daemon")

LONGEST_LINE = 10_000
"""Characters: one with every option and the longest addresses has 300."""

Options = dict[str, str | None]
"""Each option of a line by its short name, with its argument (None: it stands alone)."""


def split_line(line: str, number: int) -> list[str]:
    """The words of a line, without a leading `ipvsadm`. Raises FormatError on open quotes."""
    if line.lstrip().startswith("#"):
        return []
    if len(line) > LONGEST_LINE:  # and the time that shlex takes for a word grows with its square
        raise FormatError(number, f"this line has more than {LONGEST_LINE} characters")
    if "'" in line or '"' in line or "\\" in line or "#" in line:
        try:
            words = shlex.split(line, comments=True)
        except ValueError:
            raise FormatError(number, "a quotation mark is never closed") from None
    else:
        words = line.split()
    if words and words[0].rpartition("/")[2] == "ipvsadm":
        return words[1:]
    return words


def read_options(words: list[str], number: int) -> Options:
    """The options of one line by name. Raises FormatError, as ipvsadm would refuse the line."""
    options: Options = {}
    rest = iter(words)
    pending: str | None = next(rest, None)
    while pending is not None:
        word, pending = pending, None
        option, argument = _WORDS.get(word), None
        if option is None:
            option, argument, pending = _unusual(word, number)
        if argument is None and option.argument is not False and pending is None:
            argument = next(rest, None)
            if option.argument is None and argument is not None and argument.startswith("-"):
                argument, pending = None, argument
            elif option.argument and argument is None:
                raise FormatError(number, f"{word} needs an argument after it")
        if option.name in options:
            raise FormatError(number, f"{option.name} stands twice in this line")
        options[option.name] = argument
        if pending is None:
            pending = next(rest, None)
    return options


def _unusual(word: str, number: int) -> tuple[Option, str | None, str | None]:
    """`--scheduler=rr`, `-srr`, `-p=50` or `-At`: option, its argument, and what is left of it."""
    if word.startswith("--"):
        name, equals, argument = word[2:].partition("=")
        option = LONG.get(name)
        if option and (not equals or option.argument is not False):
            return option, argument if equals else None, None
        raise _unknown(word, name, number)
    if not word.startswith("-") or len(word) < 2:
        raise FormatError(number, f"{quoted(word)} is unexpected here: it follows no option")
    option, rest = SHORT.get(word[1]), word[2:]
    if option is None:
        raise _unknown(word, word[1], number)
    if option.argument is False:
        return option, None, f"-{rest}"
    return option, rest.removeprefix("="), None


def _unknown(word: str, name: str, number: int) -> FormatError:
    if name in _FIRST_IN_THEIR_LINE:
        return FormatError(number, f"{quoted(word)} must be the first word of its line")
    if name in _OTHER_COMMANDS:
        message = "describes no table: only lines with -A (add service) and -a (add server) do"
        return FormatError(number, f"{quoted(word)} {message}")
    return FormatError(number, f"{quoted(word)} is not an option of ipvsadm -A or -a")
