"""Which of the files given with a keepalived.conf an include line means."""

import pytest

from apps.web.given_files import GivenFiles


def names(files, pattern, including=""):
    return [file.name for file in files.load(pattern, including)]


def given(*names):
    return GivenFiles(dict.fromkeys(names, ""))


def refusal(files, pattern, including=""):
    with pytest.raises(LookupError) as caught:
        files.load(pattern, including)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("a.conf", "a.conf"),
        ("a.conf", "conf.d/*.conf"),
        ("a.conf", "/etc/keepalived/conf.d/[ab].conf"),
        ("a.conf", "../shared/./a.conf"),
        (".a.conf", ".*.conf"),
        ("conf.d/a.conf", "conf.d/*.conf"),
        ("conf.d//a.conf", "/etc/keepalived/*/a.conf"),
        ("./a.conf", "a.conf"),
        ("./conf.d/a.conf", "conf.d/*.conf"),
        ("./conf.d/a.conf", "/etc/keepalived/conf.d/a.conf"),
        ("../a.conf", "../*.conf"),
        ("/opt/a.conf", "/opt/?.conf"),
        ("/etc/keepalived/conf.d/a.conf", "conf.d/*.conf"),
        ("a[1].conf", "*.conf"),
    ],
)
def test_a_file_is_told_by_its_name(name, pattern):
    assert names(given(name), pattern) == [name]


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("b.conf", "a.conf"),
        ("A.conf", "a.conf"),
        ("b.conf", "conf.d/a*.conf"),
        (".a.conf", "*.conf"),
        ("other/a.conf", "conf.d/*.conf"),
        ("conf.d/a.conf", "*.conf"),
        ("conf.d/a.conf", "more/conf.d/*.conf"),
        ("./a.conf", "conf.d/*.conf"),
        ("./a.conf", "/opt/keepalived/a.conf"),
        ("/opt/a.conf", "a.conf"),
        ("a[1].conf", "a[1].conf"),
    ],
)
def test_what_was_not_given_is_asked_for(name, pattern):
    assert refusal(given(name), pattern) == (
        f"“{pattern}” is included here, and no such file was given: choose it too, or take this line out"
    )


def test_files_come_in_the_order_of_their_places():
    files = given("b.conf", "a.conf", "./conf.d/ab.conf")
    assert names(files, "conf.d/*.conf") == ["a.conf", "./conf.d/ab.conf", "b.conf"]


def test_a_line_of_an_included_file_starts_from_its_folder():
    files = given("a.conf", "b.conf", "./sites/c.conf")
    assert names(files, "sites/a.conf") == ["a.conf"]
    assert names(files, "more/*.conf", "a.conf") == ["b.conf"]
    assert names(files, "../c.conf", "b.conf") == ["./sites/c.conf"]


def test_signs_of_a_pattern_in_the_folder_of_a_file_are_none():
    files = given("./site[12]/a.conf", "./site[12]/b.conf", "./site1/c.conf")
    assert names(files, "*/a.conf") == ["./site[12]/a.conf"]
    assert names(files, "[bc].conf", "./site[12]/a.conf") == ["./site[12]/b.conf"]


def test_a_file_may_be_included_twice_from_the_same_folder():
    files = given("a.conf")
    for pattern in ("conf.d/a.conf", "conf.d/*.conf", "/etc/keepalived/conf.d/a.conf", "*/a.conf"):
        assert names(files, pattern) == ["a.conf"]


def test_a_file_that_a_line_names_is_not_one_of_a_pattern_elsewhere():
    files = given("global.conf", "web.conf")
    assert names(files, "global.conf") == ["global.conf"]
    assert names(files, "conf.d/*.conf") == ["web.conf"]
    assert names(files, "conf.d/web.conf") == ["web.conf"]
    assert "no such file was given" in refusal(files, "sites/*/*.conf")


@pytest.mark.parametrize(
    ("pattern", "folder", "written"),
    [
        ("b/*.conf", "“b/”", "./b/a.conf"),
        ("a.conf", "the text's own folder", "./a.conf"),
        ("/opt/b/a.conf", "“/opt/b/”", "/opt/b/a.conf"),
        ("b/*/a.conf", "“b/*/”", "./b/…/a.conf"),
        ("*/a.conf", "“*/”", "./…/a.conf"),
    ],
)
def test_a_file_that_two_folders_could_hold_is_asked_about(pattern, folder, written):
    files = given("a.conf")
    names(files, "a/*.conf")
    assert refusal(files, pattern) == (
        f"a.conf may lie in “a/” or in {folder}: "
        f"write its folder before its name below, ./a/a.conf or {written}"
    )


def test_a_file_that_two_lines_name_is_asked_about():
    files = given("a.conf")
    names(files, "a.conf")
    assert "a.conf may lie in the text's own folder or in “b/”" in refusal(files, "b/a.conf")


def test_the_folder_of_a_file_is_asked_for_where_a_pattern_means_several():
    files = given("a.conf")
    assert refusal(files, "sites/*/?.conf") == (
        "“sites/*/?.conf” means files of several folders: "
        "write that of a.conf before its name below, as in ./sites/…/a.conf"
    )


def test_what_was_asked_for_is_an_answer():
    files = given("./conf.d/a.conf", "./a.conf", "sites/b/a.conf", "sites/a/a.conf")
    assert names(files, "conf.d/*.conf") == ["./conf.d/a.conf"]
    assert names(files, "a.conf") == ["./a.conf"]
    assert names(files, "sites/*/?.conf") == ["sites/a/a.conf", "sites/b/a.conf"]


@pytest.mark.parametrize("pattern", ["x/web.conf", "x/*.conf"])
def test_a_file_that_says_its_folder_is_meant_before_one_that_does_not(pattern):
    files = given("web.conf", "x/web.conf")
    assert names(files, pattern) == ["x/web.conf"]
    assert files.unused == ["web.conf"]


def test_nothing_is_asked_of_a_file_where_another_lies_in_its_place():
    files = given("web.conf", "x/web.conf")
    assert names(files, "conf.d/*.conf") == ["web.conf"]
    assert names(files, "x/*.conf") == ["x/web.conf"]


def test_files_that_no_line_included_are_known():
    files = given("b.conf", "a.conf", "c.conf")
    names(files, "a.conf")
    assert files.unused == ["b.conf", "c.conf"]
