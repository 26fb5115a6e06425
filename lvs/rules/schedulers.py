"""The schedulers of Linux 6.1 and ipvsadm 1.31, and their flags."""

from collections.abc import Iterable

SCHEDULERS: dict[str, str] = {
    "rr": "Round robin: each server in turn",
    "wrr": "Weighted round robin: in turn, in proportion to the weights",
    "lc": "Least connections: the server with the fewest connections",
    "wlc": "Weighted least connections: the fewest connections for its weight",
    "lblc": "Locality-based least connections: one server for each destination address",
    "lblcr": "Locality-based with replication: a set of servers for each destination address",
    "dh": "Destination hashing: the destination address decides",
    "sh": "Source hashing: the client's address decides",
    "sed": "Shortest expected delay: (connections + 1) / weight",
    "nq": "Never queue: an idle server first, then the shortest expected delay",
    "fo": "Weighted failover: the available server with the highest weight takes all",
    "ovf": "Weighted overflow: the highest weight first; the weight is its number of connections",
    "mh": "Maglev hashing: the client's address decides; few clients move when servers change",
    "twos": "Power of two choices: the better of two random servers",
}
"""Every scheduler by its name, with one line for people."""

FLAG_BITS: dict[int, int] = {1: 0x8, 2: 0x10, 3: 0x20}
"""IP_VS_SVC_F_SCHED1…3 of the kernel's `linux/ip_vs.h`, by the flag's number."""

_NAMED_FLAGS = {"sh": ("sh-fallback", "sh-port"), "mh": ("mh-fallback", "mh-port")}
_PLAIN_FLAGS = ("flag-1", "flag-2", "flag-3")
_NUMBERS = {"fallback": 1, "port": 2, "1": 1, "2": 2, "3": 3}


def flags_of(scheduler: str) -> tuple[str, ...]:
    """The names of a scheduler's flags, by bit: sh and mh have two, with names of their own."""
    return _NAMED_FLAGS.get(scheduler, _PLAIN_FLAGS)


def spare_flags_of(scheduler: str) -> tuple[str, ...]:
    """The names of bits that the kernel keeps for this scheduler, which makes nothing of them."""
    return _PLAIN_FLAGS[len(_NAMED_FLAGS[scheduler]) :] if scheduler in _NAMED_FLAGS else ()


def flag_bit(flag: str) -> int:
    """The kernel's bit of a flag by its name. Raises ValueError on a name that is none."""
    number = _NUMBERS.get(flag.rpartition("-")[2])
    if number is None:
        raise ValueError(f"“{flag}” is not a scheduler flag")
    return FLAG_BITS[number]


def bits_of_flags(flags: Iterable[str]) -> int:
    """Flags by name → the kernel's bits. Raises ValueError on a name that is none."""
    bits = 0
    for flag in flags:
        bits |= flag_bit(flag)
    return bits


def flags_from_bits(scheduler: str, bits: int) -> tuple[str, ...]:
    """The kernel's bits → flags by the names that ipvsadm prints under this scheduler."""
    named = _NAMED_FLAGS.get(scheduler, ())
    names = (*named, *_PLAIN_FLAGS[len(named) :])
    return tuple(names[number - 1] for number, bit in FLAG_BITS.items() if bits & bit)
