"""Reading and writing sysctls, on a folder that stands for the kernel's."""

from errno import EISDIR, ENOENT

import pytest

from lvs.settings import Sysctl
from lvs.sysctl_files import read_sysctls, write_sysctl


@pytest.fixture
def folder(tmp_path):
    values = {"conntrack": "0\n", "sync_threshold": "3\t50\n", "drop_entry": "2\n", "new": "1\n"}
    for name, text in values.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_those_that_are_known_are_read_by_name(folder):
    assert read_sysctls(folder) == (
        Sysctl("conntrack", "0"),
        Sysctl("drop_entry", "1"),  # the kernel's own 2 means that somebody set 1
        Sysctl("sync_threshold", "3 50"),
    )


def test_where_the_kernel_shows_none_there_are_none(tmp_path):
    assert read_sysctls(tmp_path / "missing") == ()


def test_one_that_cannot_be_read_is_left_out(folder):
    (folder / "conntrack").unlink()
    (folder / "conntrack").mkdir()
    assert [sysctl.name for sysctl in read_sysctls(folder)] == ["drop_entry", "sync_threshold"]


def test_what_is_written_is_read(folder):
    assert write_sysctl(Sysctl("sync_threshold", "4 60"), folder) == 0
    assert (folder / "sync_threshold").read_text() == "4 60\n"


def test_the_errno_of_a_refusal_is_told(folder):
    (folder / "am_droprate").mkdir()
    assert write_sysctl(Sysctl("am_droprate", "1"), folder) == EISDIR


@pytest.mark.parametrize("name", ["../conntrack", "new", "", "."])
def test_nothing_but_known_names_is_written(folder, name):
    assert write_sysctl(Sysctl(name, "9"), folder) == ENOENT
    assert (folder / "new").read_text() == "1\n"
