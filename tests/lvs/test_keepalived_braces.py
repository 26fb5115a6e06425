"""Braces in an include: the names that they stand for, as bash would write them out."""

import subprocess

import pytest

from lvs.formats import FormatError, read
from lvs.formats.keepalived_braces import MOST, alternatives
from lvs.formats.surroundings import Included, Surroundings
from tests.lvs.test_keepalived import PLAIN

PATTERNS = [
    "web.conf",
    "{a,b}.conf",
    "conf/{web,mail}.d/{x,y}",
    "{foo/{,cat,dog},bar}",
    "a{,b}",
    "{a,b}{c,d}{e,f}",
    "{a,{b,{c,d}}}",
    "a{}b{c,d}",
    "{a,b",
    "a,b}",
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_they_are_those_of_a_shell(pattern):
    told = subprocess.run(
        ["bash", "-c", f"printf '%s\\n' {pattern}"], capture_output=True, text=True, check=True
    )
    assert alternatives(pattern) == told.stdout.splitlines()


@pytest.mark.parametrize("pattern", ["{a,b}" * 20, "{" * 2040 + "a" + "}" * 2040])
def test_too_many_are_refused(pattern):
    with pytest.raises(ValueError, match=f"more than {MOST} names"):
        alternatives(pattern)


def test_one_that_is_longer_than_a_path_is_refused():
    with pytest.raises(ValueError, match="at most 4096 characters"):
        alternatives("{a,b}" * 1000)


def test_each_is_included_and_a_missing_one_is_noted():
    files = {"inc/a.conf": [Included("inc/a.conf", PLAIN)]}
    around = Surroundings(load=lambda pattern, including: files.get(pattern, []))
    reading = read("include inc/{a,b}.conf\n", "keepalived", around)
    assert reading.table == read(PLAIN).table
    assert [str(note) for note in reading.notes] == [
        "line 1: no file is there to include as “inc/b.conf”"
    ]


def test_too_many_are_an_error_with_its_line():
    around = Surroundings(load=lambda pattern, including: [])
    with pytest.raises(FormatError, match=r"^line 6: the braces stand for more than"):
        read(f"{PLAIN}include {'{a,b}' * 20}\n", "keepalived", around)
