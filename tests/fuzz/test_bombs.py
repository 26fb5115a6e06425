"""Short texts and long ones, made so that reading them never ends: each is read, or refused, soon."""

import signal

import pytest

from apps.web.given_files import GivenFiles
from lvs.formats import SOURCES, FormatError, read
from lvs.formats.surroundings import Surroundings

MOST = 10
"""Seconds of this process, whatever else the machine does: each takes less than two."""
LONG = 400_000
UNITS = [
    *(
        "a",
        "\n",
        "{",
        "}",
        '"',
        "'",
        "$",
        "\\\n",
        "#\n",
        "!\n",
        "😀",
        "\u2028",
        "\r",
        ": ",
        "- ",
        "[{",
        "1,",
    ),
    *(
        '{"a":',
        "&a ",
        "? ",
        "--- ",
        "$A=$A$A\n",
        "${A}",
        "@a ",
        "~SEQ(a,1,2)",
        "~LST(a,{1,2})\n",
        "include a\n",
    ),
    *(
        "-A\n",
        "-a -t 192.0.2.1:80 -r 192.0.2.2\n",
        "virtual=192.0.2.1:80\n",
        "\treal=192.0.2.2:80 gate\n",
    ),
    *("virtual_server 192.0.2.1 80 {\n}\n", "real_server 192.0.2.2 80 {\n}\n", "quote_delim a\n"),
]
STARTS = {
    "auto": ['{"services": [', "services:\n"],
    "ipvsadm": ['"', "-A -t 192.0.2.1:80 -s rr\n"],
    "keepalived": ["$A=1\nvirtual_server 192.0.2.1 80 {\n", "~SEQ(a,1,9) "],
    "ldirectord": ["virtual=192.0.2.1:80\n", "virtual=192.0.2.1-192.0.2.9:80\n"],
    "json": ['{"services": [', '{"services": "'],
    "yaml": ["services:\n", "a: &a "],
}
LAUGHS = "a: &a [x]\n" + "".join(f"b{i}: &b{i} [*a, *a]\n" for i in range(99)) + "services: *b98\n"
DOUBLING = "$A=x\n" + "$A=$A$A\n" * 60 + "virtual_server $A 80 {\n}\n"
BOMBS = {
    "a billion laughs": ("yaml", LAUGHS),
    "a merge key of itself": ("yaml", "services: &a {<<: *a}\n"),
    "a definition of itself": ("keepalived", "$A=${A}\n$A\n"),
    "a definition that doubles": ("keepalived", DOUBLING),
    "sequences of sequences": ("keepalived", "~SEQ(a,1,9999999) ~SEQ(b,1,9999999) $a$b\n"),
    "backwards for ever": ("keepalived", "~SEQ(a,1,0,9) x\n~SEQ(a, 1, -1, 9) y\n"),
    "a range of all ports": ("keepalived", "virtual_server_group g {\n10.0.0.1-255 1-65535\n}\n"),
    "a range of all addresses": (
        "ldirectord",
        "virtual=192.0.2.1:80\n\treal=0.0.0.1->255.255.255.254:80 gate\n",
    ),
    "lists in lists": ("json", '{"services": ' + "[" * 500_000),
    "mappings in mappings": ("yaml", "{a: " * 200_000),
    "a number without end": ("json", '{"services": [{"port": ' + "9" * LONG + "}]}"),
    "indented ever more": ("yaml", "".join(" " * i + "a:\n" for i in range(1000))),
}


class Late(BaseException):
    """It takes too long. No Exception: nobody must handle it on the way."""


@pytest.fixture(autouse=True)
def soon():
    def late(*_):
        raise Late

    before = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, MOST)
    yield
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.signal(signal.SIGPROF, before)


def taken(text, source):
    """Whether it was read; files that include themselves are at hand."""
    files = GivenFiles({"./a": "include a\n", "./b": "include b\ninclude b\n"})
    try:
        read(text, source, Surroundings(load=files.load))
    except FormatError as error:
        assert 0 < len(error.message) < 600
        return False
    return True


@pytest.mark.parametrize("name", BOMBS)
def test_what_grows_without_end_is_refused_in_time(name):
    source, text = BOMBS[name]
    assert not taken(text, source)
    assert not taken(text, "auto")


@pytest.mark.parametrize("source", ["auto", *SOURCES])
@pytest.mark.parametrize("unit", UNITS, ids=ascii)
def test_the_same_again_and_again_takes_its_length_in_time(source, unit):
    for start in STARTS[source]:
        taken(start + unit * (LONG // 10 // len(unit)), source)


@pytest.mark.parametrize("unit", ["😀", "x", "\\"])
def test_one_long_quoted_word_takes_its_length_in_time(unit):
    """The standard library's shlex took the square of it."""
    for source in ("auto", *SOURCES):
        taken('-A "' + unit * LONG, source)
