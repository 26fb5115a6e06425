"""Which of the files given with a keepalived.conf an include line means."""

import pytest

from apps.web.given_files import GivenFiles


def names(given, pattern, including=""):
    return [file.name for file in given.load(pattern, including)]


def given(*names):
    return GivenFiles(dict.fromkeys(names, ""))


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("a.conf", "a.conf"),
        ("a.conf", "conf.d/*.conf"),
        ("a.conf", "/etc/keepalived/conf.d/[ab].conf"),
        ("a.conf", "../shared/./a.conf"),
        (".a.conf", ".*.conf"),
        ("conf.d/a.conf", "conf.d/*.conf"),
        ("conf.d/a.conf", "/etc/keepalived/*/a.conf"),
        ("conf.d//a.conf", "/opt/keepalived/conf.d/*.conf"),
        ("./a.conf", "a.conf"),
        ("./conf.d/a.conf", "conf.d/*.conf"),
        ("./conf.d/a.conf", "/etc/keepalived/conf.d/a.conf"),
        ("../a.conf", "../*.conf"),
        ("/etc/keepalived/a.conf", "/etc/keepalived/a.conf"),
        ("/etc/keepalived/conf.d/a.conf", "conf.d/*.conf"),
    ],
)
def test_a_file_is_told_by_what_its_name_says_of_its_place(name, pattern):
    assert names(given(name), pattern) == [name]


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("b.conf", "a.conf"),
        ("b.conf", "conf.d/a*.conf"),
        (".a.conf", "*.conf"),
        ("other/a.conf", "conf.d/*.conf"),
        ("conf.d/a.conf", "*.conf"),
        ("./a.conf", "conf.d/*.conf"),
        ("./conf.d/a.conf", "more/conf.d/*.conf"),
        ("./a.conf", "/opt/keepalived/a.conf"),
        ("/opt/a.conf", "a.conf"),
    ],
)
def test_what_was_not_given_is_asked_for(name, pattern):
    with pytest.raises(LookupError, match="is included here, and no such file was given"):
        names(given(name), pattern)


def test_files_come_in_the_order_of_their_places():
    files = given("b.conf", "a.conf", "./conf.d/ab.conf")
    assert names(files, "conf.d/*.conf") == ["a.conf", "./conf.d/ab.conf", "b.conf"]


def test_a_line_of_an_included_file_starts_from_its_folder():
    files = given("a.conf", "more/b.conf", "./sites/c.conf")
    assert names(files, "sites/a.conf") == ["a.conf"]
    assert names(files, "more/b.conf", "a.conf") == ["more/b.conf"]
    assert names(files, "../c.conf", "more/b.conf") == ["./sites/c.conf"]


def test_a_file_may_be_included_twice_from_the_same_folder():
    files = given("a.conf")
    assert names(files, "conf.d/a.conf") == names(files, "conf.d/*.conf") == ["a.conf"]
    assert names(files, "/etc/keepalived/conf.d/a.conf") == ["a.conf"]


def test_a_file_that_a_line_names_is_not_one_of_a_pattern_elsewhere():
    files = given("global.conf", "web.conf")
    assert names(files, "global.conf") == ["global.conf"]
    assert names(files, "conf.d/*.conf") == ["web.conf"]


@pytest.mark.parametrize("pattern", ["b/*.conf", "a.conf", "/etc/b/a.conf"])
def test_a_file_that_two_folders_could_hold_is_asked_about(pattern):
    files = given("a.conf")
    names(files, "a/*.conf")
    with pytest.raises(
        LookupError, match=r"its folder before its name below, such as \./a/a\.conf"
    ):
        names(files, pattern)


def test_what_is_asked_for_settles_it():
    files = given("conf.d/a.conf", "./a.conf")
    assert names(files, "conf.d/*.conf") == ["conf.d/a.conf"]
    assert names(files, "a.conf") == ["./a.conf"]


def test_both_folders_are_named_as_people_write_them():
    files = given("a.conf")
    names(files, "a.conf")
    with pytest.raises(LookupError) as caught:
        names(files, "/opt/k/a.conf")
    assert str(caught.value) == (
        "a.conf may lie in the text's own folder or in “/opt/k/”: "
        "write its folder before its name below, such as ./a.conf"
    )


def test_a_folder_that_is_a_pattern_is_settled_by_a_line_that_names_it():
    files = given("a.conf")
    assert names(files, "*/a.conf") == names(files, "b/a.conf") == ["a.conf"]
    with pytest.raises(LookupError, match=r"such as \./b/a\.conf"):
        names(files, "c/a.conf")


def test_the_example_is_no_pattern():
    files = given("a.conf")
    names(files, "b*/a.conf")
    with pytest.raises(LookupError, match=r"such as \./c/a\.conf"):
        names(files, "c/a.conf")


@pytest.mark.parametrize("pattern", ["a/web.conf", "a/*.conf"])
def test_of_files_that_could_be_one_that_with_more_of_its_folder_is_meant(pattern):
    files = given("web.conf", "a/web.conf")
    assert names(files, pattern) == ["a/web.conf"]
    assert files.unused == ["web.conf"]


def test_a_pattern_of_folders_finds_files_of_one_name():
    files = given("c/a.conf", "b/a.conf")
    assert names(files, "*/a.conf") == ["b/a.conf", "c/a.conf"]


def test_files_that_no_line_included_are_known():
    files = given("a.conf", "b.conf")
    names(files, "a.conf")
    assert files.unused == ["b.conf"]
