"""The state folder: nothing lost, nothing half written, one writer at a time."""

import json
import os
import stat
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from lvs.boot import current_boot
from lvs.canonical_form import make_table
from lvs.documents import service_to_document, table_to_document
from lvs.errors import Busy, LvsError, StateDamaged
from lvs.model import EMPTY, Scope, ServiceKey
from lvs.settings import SyncDaemon, Sysctl, Timeouts
from lvs.state import Journal, State, StateFolder
from tests.lvs.examples import TUTORIAL, WEB, marked
from tests.lvs.random_tables import random_table

FULL = State(
    revision=7,
    digest=TUTORIAL.digest,
    table=TUTORIAL,
    owned=Scope(
        frozenset({WEB.key, marked(3, "inet6").key}),
        frozenset({"tcp"}),
        True,
        frozenset({"conntrack"}),
    ),
    journal=Journal(run=4, revision=8, digest="ab" * 32),
    boot_id="some-boot/1",
)


@pytest.fixture
def folder(tmp_path):
    return StateFolder(tmp_path / "state")


def loaded(folder):
    """What another process finds there: it remembers nothing."""
    return StateFolder(folder.path).load()


HOLD = """
import sys, time
from lvs.state import StateFolder
with StateFolder(sys.argv[1]).lock():
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(folder):
    """A process that holds the folder's lock."""
    argv = [sys.executable, "-c", HOLD, str(folder.path)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_new_folder_remembers_nothing(folder):
    assert folder.load() == State(revision=0, digest=EMPTY.digest)
    assert not folder.path.exists()


def test_all_that_is_saved_is_loaded(folder):
    folder.save(FULL)
    assert loaded(folder) == FULL


def test_saving_replaces_what_was(folder):
    folder.save(FULL)
    folder.save(State(revision=9))
    assert loaded(folder) == State(revision=9)


def test_file_is_one_json_document_with_the_canonical_table(folder):
    folder.save(FULL)
    document = json.loads(folder.file.read_text())
    assert document["table"] == table_to_document(TUTORIAL)
    assert document["digest"] == TUTORIAL.digest


def test_large_table_is_saved_whole(folder):
    table = random_table(5, 300, 20)
    folder.save(replace(FULL, table=table))
    assert folder.file.stat().st_size > 400_000
    assert loaded(folder).table == table


def test_file_that_was_read_before_is_not_parsed_again(folder, monkeypatch):
    folder.save(FULL)
    monkeypatch.setattr("lvs.state._from_document", lambda document: pytest.fail("parsed again"))
    assert folder.load() == FULL


def test_file_that_another_process_changed_is_read_anew(folder):
    folder.save(FULL)
    StateFolder(folder.path).save(replace(FULL, revision=8))
    assert folder.load().revision == 8
    folder.file.write_text("damaged")
    with pytest.raises(StateDamaged):
        folder.load()


def test_only_the_owner_may_read_it(folder):
    folder.save(FULL)
    assert stat.S_IMODE(folder.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700


def test_failed_save_keeps_the_old_state_and_leaves_no_file(folder, monkeypatch):
    folder.save(FULL)

    def full_disk(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(LvsError, match="No space left on device"):
        folder.save(State(revision=9))
    monkeypatch.undo()
    assert folder.load() == FULL
    assert [path.name for path in folder.path.iterdir()] == ["state.json"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        json.dumps({"schema": 2}),
        '{"schema": 1, "revision": 1, "digest": "", "boot_id": "", "journal": null, "table": null}',
        '{"schema": 1, "revision": 1, "digest": "", "boot_id": "", "journal": {"run": 1}, '
        '"owned": [], "table": null}',
    ],
)
def test_damaged_file_is_an_error_that_names_it_and_is_left_as_it_is(folder, text):
    folder.path.mkdir()
    folder.file.write_text(text)
    with pytest.raises(StateDamaged, match=r"state\.json is damaged.*--adopt"):
        folder.load()
    assert folder.file.read_text() == text


def test_default_folder_comes_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("LVS_STATE_DIR", str(tmp_path))
    assert StateFolder().path == tmp_path
    monkeypatch.delenv("LVS_STATE_DIR")
    assert str(StateFolder().path) == "/var/lib/lvsconsole"


def test_folder_that_cannot_be_made_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LvsError, match=r"Can't make the state folder .*LVS_STATE_DIR"):
        StateFolder(tmp_path / "file" / "state").save(FULL)


def test_second_process_is_told_who_holds_the_lock(folder, holder):
    with pytest.raises(Busy, match=f"process {holder.pid} "), folder.lock(timeout=0.1):
        pass


def test_waiting_process_gets_the_lock_when_the_holder_dies(folder, holder):
    holder.kill()
    started = time.monotonic()
    with folder.lock(timeout=10):
        assert time.monotonic() - started < 5


def test_lock_is_free_again_after_the_block_and_after_an_error(folder):
    with pytest.raises(KeyError), folder.lock():
        raise KeyError
    with folder.lock(timeout=0):
        pass


def test_boot_stays_the_same_within_one_life_of_the_namespace():
    assert current_boot() == current_boot()
    boot, namespace = current_boot().split("/")
    assert len(boot) == 36
    assert int(namespace) > 0


def test_owned_mark_keeps_its_family(folder):
    folder.save(State(owned=Scope(frozenset({ServiceKey("inet6", "", "", 0, 3)}))))
    assert folder.load().owned.services == {marked(3, "inet6").key}


def test_a_file_of_a_later_version_is_not_called_damaged(folder):
    folder.save(State())
    folder.file.write_text(folder.file.read_text().replace('"schema": 2', '"schema": 3'))
    with pytest.raises(StateDamaged, match=r"written by a later version .*: update this program"):
        folder.load()


def test_state_of_the_schema_before_is_read(folder):
    """It knew services only, and its table had no settings."""
    folder.path.mkdir()
    before = {
        "schema": 1,
        "revision": 7,
        "digest": TUTORIAL.digest,
        "boot_id": "some-boot/1",
        "journal": {"run": 4, "revision": 8, "digest": "ab" * 32},
        "owned": [
            {"protocol": "tcp", "address": WEB.address, "port": 80},
            {"fwmark": 3, "family": "inet6"},
        ],
        "table": {"services": [service_to_document(WEB)]},
    }
    folder.file.write_text(json.dumps(before))
    assert folder.load() == replace(FULL, owned=Scope(FULL.owned.services))
    folder.save(folder.load())
    assert json.loads(folder.file.read_text())["schema"] == 2
    assert folder.load() == replace(FULL, owned=Scope(FULL.owned.services))


def test_settings_are_remembered(folder):
    table = make_table(
        [WEB], Timeouts(tcp=60), (SyncDaemon("master", "eth0"),), (Sysctl("conntrack", "1"),)
    )
    state = State(table=table, owned=table.scope, digest=table.digest)
    folder.save(state)
    assert loaded(folder) == state


def test_a_folder_that_is_missing_is_made_before_it_is_needed(tmp_path):
    folder = StateFolder(tmp_path / "a" / "state")
    assert folder.unwritable() == ""
    assert folder.path.is_dir()


def test_why_nothing_could_be_saved_is_known_before_anything_must_be(tmp_path):
    (tmp_path / "file").touch()
    assert "Can't make the state folder" in StateFolder(tmp_path / "file" / "state").unwritable()


def test_a_folder_that_is_not_ours_to_write_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert StateFolder(tmp_path).unwritable().startswith(f"{tmp_path} can't be written")


def test_the_heartbeat_names_a_folder_in_which_nothing_can_be_kept(host, monkeypatch):
    assert host.beat()["problem"] == ""
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert "no order can be carried out" in host.beat()["problem"]
