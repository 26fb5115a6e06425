"""Which of the files given with a keepalived.conf an include line means."""

import pytest

from apps.web.given_files import GivenFiles


def names(given, pattern, including=""):
    return [file.name for file in given.load(pattern, including)]


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("a.conf", "a.conf"),
        ("a.conf", "conf.d/*.conf"),
        ("a.conf", "/etc/keepalived/conf.d/[ab].conf"),
        ("conf.d/a.conf", "conf.d/*.conf"),
        ("conf.d/a.conf", "/etc/keepalived/*/a.conf"),
        ("/etc/keepalived/a.conf", "/etc/keepalived/a.conf"),
        ("a.conf", "../shared/./a.conf"),
        (".a.conf", ".*.conf"),
    ],
)
def test_a_file_is_told_by_the_end_of_its_path(name, pattern):
    assert names(GivenFiles({name: ""}), pattern) == [name]


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("b.conf", "a.conf"),
        ("b.conf", "conf.d/a*.conf"),
        ("other/a.conf", "conf.d/*.conf"),
        ("conf.d/a.conf", "*.conf"),
        (".a.conf", "*.conf"),
    ],
)
def test_what_was_not_given_is_asked_for(name, pattern):
    with pytest.raises(LookupError, match="is included here, and no such file was given"):
        names(GivenFiles({name: ""}), pattern)


def test_files_come_in_the_order_of_their_names():
    assert names(GivenFiles({"b.conf": "", "a.conf": ""}), "*.conf") == ["a.conf", "b.conf"]


def test_a_line_of_an_included_file_starts_from_its_folder():
    given = GivenFiles({"a.conf": "", "sites/more/b.conf": ""})
    assert names(given, "sites/a.conf") == ["a.conf"]
    assert names(given, "more/b.conf", "a.conf") == ["sites/more/b.conf"]


def test_a_file_may_be_included_twice_from_the_same_folder():
    given = GivenFiles({"a.conf": ""})
    assert names(given, "conf.d/a.conf") == names(given, "conf.d/*.conf") == ["a.conf"]


def test_a_relative_and_an_absolute_folder_may_be_one():
    given = GivenFiles({"a.conf": ""})
    assert names(given, "conf.d/*.conf") == names(given, "/etc/keepalived/conf.d/a.conf")


@pytest.mark.parametrize("pattern", ["b/*.conf", "a.conf", "/etc/b/a.conf"])
def test_a_file_that_two_folders_could_hold_is_asked_about(pattern):
    given = GivenFiles({"a.conf": ""})
    names(given, "a/*.conf")
    with pytest.raises(LookupError, match=r"its folder before its name below, such as a/a\.conf"):
        names(given, pattern)


def test_files_that_no_line_included_are_known():
    given = GivenFiles({"a.conf": "", "b.conf": ""})
    names(given, "a.conf")
    assert given.unused == ["b.conf"]
