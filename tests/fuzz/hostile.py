"""Values that somebody sends who means harm, and places in a well-formed value to put them."""

import copy
import json

from hypothesis import settings
from hypothesis import strategies as st

FUZZ = settings.get_profile("fuzz")
ENDLESS = "<1e999>"
"""Stands for a number that JSON can write, and that is none: Python reads it as infinity."""
NAN = "<NaN>"


def nested(depth, inner=None):
    """A list in a list in a list…"""
    for _ in range(depth):
        inner = [inner]
    return inner


TEXTS = [
    "",
    " ",
    "\0",
    "a\0b",
    "\ud800",
    "\udc00\ud800",
    "\U0001f600",
    "\u202e",
    "\r\n",
    "\x1b[2J",
    "<script>alert(1)</script>",
    "'; DROP TABLE changes; --",
    "{{ 7 }}{% x %}",
    "../../etc/passwd",
    "%s%n%(a)s",
    "٣",
    "1e400",
    "-0",
    "0x10",
    "None",
    "999999999999999999999999",
    "9" * 4000,
    "x" * 70_000,
    "new",
    "tcp",
    "192.0.2.1",
    "::ffff:192.0.2.1%eth0",
    "0001-01-01T00:00+14:00",
    "9999-12-31T23:59-14:00",
    "2026-02-30T99:00",
    "24:00",
]
NUMBERS = [0, -1, 1, 2**31 - 1, 2**31, 2**32, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 2**64]
NUMBERS += [10**30, 10**4000, -0.0, 0.5, 1e308, ENDLESS, NAN]

texts = st.sampled_from(TEXTS) | st.text(max_size=20) | st.text(st.characters(), max_size=3)
numbers = st.sampled_from(NUMBERS) | st.integers(-(2**70), 2**70) | st.integers(-3, 300)
plain = st.none() | st.booleans() | numbers | texts
values = (
    plain
    | st.builds(list)
    | st.builds(dict)
    | st.sampled_from([1, 40, 900]).map(nested)
    | st.builds(lambda: {"a": nested(200, {})})
    | st.recursive(
        plain,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
        max_leaves=6,
    )
)


def places(value, path=()):
    """The path of the value and of each in it, as far as anybody looks."""
    yield path
    inside = value.items() if isinstance(value, dict) and len(path) < 9 else ()
    inside = enumerate(value) if isinstance(value, list) and len(path) < 9 else inside
    for name, inner in inside:
        yield from places(inner, (*path, name))


def alike(value):
    """Others of its type."""
    if isinstance(value, bool):
        return st.just(not value)
    if isinstance(value, int | float):
        return numbers
    return texts if isinstance(value, str) else values


@st.composite
def damaged(draw, good, keep=()):
    """A well-formed object whose parts are other ones, gone, doubled or named otherwise, at a place or two.

    Mostly other ones of the same type. keep: names that stay as they are.
    """
    made = copy.deepcopy(good)
    for _ in range(draw(st.integers(1, 2))):
        found = [path for path in places(made) if path and path[0] not in keep]
        if not found:
            break
        *way, name = draw(st.sampled_from(found))
        holder = made
        for step in way:
            holder = holder[step]
        match draw(st.sampled_from(["alike", "alike", "alike", "value", "gone", "more"])):
            case "alike":
                holder[name] = draw(alike(holder[name]))
            case "value":
                holder[name] = draw(values)
            case "gone":
                del holder[name]
            case "more" if isinstance(holder, list):
                holder.append(copy.deepcopy(holder[name]))
            case "more":
                holder[draw(texts)] = holder[name]
    return made


def written(value):
    """The value as JSON text, with what JSON's writers don't write."""
    return json.dumps(value).replace(f'"{ENDLESS}"', "1e999").replace(f'"{NAN}"', "NaN")
