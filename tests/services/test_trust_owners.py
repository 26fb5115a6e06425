"""Whose the files of the signing key are, and what root does in a folder that is somebody else's."""

import os
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from apps.trust import signing
from apps.trust.signing import (
    SigningKeyError,
    announce_next_key,
    create_signing_key,
    use_next_key,
)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_makes_belongs_to_whose_folder_it_is(key_file):
    """The worker, and nobody else, must be able to read it."""
    key_file.parent.mkdir()
    os.chown(key_file.parent, 12345, 54321)
    create_signing_key()
    announce_next_key()
    made = [key_file, *key_file.parent.glob(f"{key_file.name}.*")]
    assert {(path.stat().st_uid, path.stat().st_gid) for path in made} == {(12345, 54321)}
    use_next_key()
    assert {path.stat().st_uid for path in key_file.parent.iterdir()} == {12345}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_root_gives_away_and_writes_to_nothing_but_its_own_files(key_file, tmp_path):
    """Whoever owns the folder could lay links in it, for every name that can be guessed."""
    other = tmp_path / "other"
    other.write_text("root's own")
    key_file.parent.mkdir()
    os.chown(key_file.parent, 12345, 12345)
    for name in (".pub", ""):
        (key_file.parent / f".{key_file.name}{name}.{os.getpid()}").symlink_to(other)
    create_signing_key()
    assert (other.read_text(), other.stat().st_uid) == ("root's own", 0)


def test_a_disk_that_is_full_as_the_key_changes_leaves_all_as_it_was(key_file, monkeypatch):
    create_signing_key()
    announce_next_key()
    before = {path.name: path.read_bytes() for path in key_file.parent.iterdir()}

    def full(handle):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(SigningKeyError):
        patch.setattr(signing.os, "fsync", full)
        use_next_key()
    assert {path.name: path.read_bytes() for path in key_file.parent.iterdir()} == before


@pytest.fixture
def workers_folder():
    """A folder that everybody sees and only another user may write."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        os.chown(folder, 12345, 12345)
        with override_settings(SIGNING_KEY_FILE=folder / "signing.key"):
            yield folder


@contextmanager
def somebody_else(uid=23456):
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.django_db
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become others")
@pytest.mark.parametrize("act", [[], ["--announce"]])
def test_who_may_not_write_the_key_is_told_who_may(workers_folder, act, monkeypatch):
    monkeypatch.setattr("sys.argv", ["manage.py", "signing_key", *act])
    if act:
        create_signing_key()
    with pytest.raises(CommandError, match="belongs to the user 12345") as refused, somebody_else():
        call_command("signing_key", *act)
    line = " ".join(["manage.py", "signing_key", *act])
    assert str(refused.value).endswith(f"sudo --preserve-env -u '#12345' {sys.executable} {line}")


@pytest.mark.django_db
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become others")
def test_a_key_of_roots_in_the_workers_folder_is_to_be_given_away(workers_folder):
    """As when a copy of it was put back by hand: as root the command would do, and the worker not."""
    create_signing_key()
    os.chown(workers_folder / "signing.key", 0, 0)
    with pytest.raises(CommandError) as refused, somebody_else(12345):
        call_command("signing_key")
    assert str(refused.value).endswith(f": sudo chown 12345 {workers_folder}/signing.key")


@pytest.mark.django_db
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become others")
def test_a_key_that_the_folders_owner_cant_read_is_said(workers_folder, capsys):
    workers_folder.chmod(0o777)
    with somebody_else():
        call_command("signing_key")
    assert f"sudo chown 12345 {workers_folder}/signing.key\n" in capsys.readouterr().err


@pytest.mark.django_db
def test_nothing_is_said_of_files_that_are_as_they_should_be(key_file, capsys):
    call_command("signing_key")
    call_command("signing_key", "--announce")
    assert "chown" not in capsys.readouterr().err
