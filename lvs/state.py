"""What a director remembers on disk: the last verified table, what it owns, a run under way.

One folder serves one network namespace, for IPVS is per namespace. The file is replaced whole and
flushed to the disk before anything relies on it, so it survives `kill -9` and power cuts.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from lvs.canonical_text import canonical_text
from lvs.documents import (
    Document,
    key_from_document,
    scope_from_document,
    scope_to_document,
    table_from_document,
)
from lvs.errors import LvsError, StateDamaged
from lvs.files import replace_file
from lvs.locks import host_lock
from lvs.model import EMPTY, Scope, Table

SCHEMA = 2
_NOTHING = Scope()
DEFAULT_FOLDER = "/var/lib/lvsconsole"
_AT_ONCE = 50
"""Parts of the file that are hashed and written together: a kilobyte or so each, all of them megabytes."""


class Journal(NamedTuple):
    """A run that began to write and wasn't seen to end."""

    run: int
    revision: int
    digest: str
    """Of the table that the run wants."""


RESTORING = -1
"""The run of a journal that brings back what a reboot lost: nobody ordered it."""


@dataclass(frozen=True)
class State:
    """All that outlives a process."""

    revision: int = 0
    """The highest revision that was verified here; 0 = none yet."""
    digest: str = EMPTY.digest
    """Of the owned services when they were last verified."""
    table: Table | None = None
    """The table that was last verified: what a reboot restores. None = none yet."""
    owned: Scope = _NOTHING
    """Services that are ours, in the kernel or about to be, and the settings that we decide. All others
    are left alone."""
    journal: Journal | None = None
    boot_id: str = ""
    """`current_boot()` when this was saved: tells a reboot, after which the kernel holds nothing."""
    run: int = 0
    """The run that verified the table; 0 = none, or somebody applied it by hand."""

    def in_boot(self, boot: str) -> "State":
        """What of it holds in this life of the kernel's table.

        A kernel that began anew holds nothing of ours, whatever stands in it: others put that there, and
        no run of ours is under way in it.
        """
        if self.boot_id in ("", boot):
            return replace(self, boot_id=boot)
        return replace(self, boot_id=boot, owned=_NOTHING, journal=None)

    @property
    def restoring(self) -> bool:
        """Whether the kernel holds but a part of what a restore after a reboot is bringing back."""
        return self.journal is not None and self.journal.run == RESTORING


class StateFolder:
    """The folder that holds `state.json` and the lock.

    path: default $LVS_STATE_DIR, else /var/lib/lvsconsole. Made when something is first saved.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        self.path = Path(path or os.environ.get("LVS_STATE_DIR") or DEFAULT_FOLDER)
        self.file = self.path / "state.json"
        self._latest: tuple[bytes, State] | None = None
        """The hash of the file that was last loaded or saved here, and what that says."""

    @contextmanager
    def lock(self, timeout: float = 10.0) -> Iterator[None]:
        """Hold the right to change this director, against all our processes on the host.

        Waits up to `timeout` seconds, then raises Busy with the holder's name.
        """
        self._make_folder()
        with host_lock(self.path / "lock", timeout):
            yield

    def load(self) -> State:
        """What was last saved; the empty State when nothing was yet. Raises StateDamaged."""
        try:
            data = self.file.read_bytes()
        except FileNotFoundError:
            return State()
        except OSError as error:
            raise StateDamaged(f"{self.file} can't be read: {error}") from error
        mark = hashlib.sha256(data).digest()
        if self._latest is not None and self._latest[0] == mark:
            return self._latest[1]  # the agent looks every few seconds, and parsing takes a while
        try:
            document = json.loads(data)
            self._check_version(document["schema"])
            state = _from_document(document)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StateDamaged(
                f"{self.file} is damaged ({error!r}). It says which services are ours, so nothing is "
                "changed without it. Restore it, or move it away and apply with --adopt."
            ) from error
        self._latest = (mark, state)
        return state

    def _check_version(self, schema: object) -> None:
        """A file of a later version holds what this one can't know: it is whole, and not to be moved away."""
        if type(schema) is int and schema > SCHEMA:
            raise StateDamaged(
                f"{self.file} was written by a later version (schema {schema}, this one knows {SCHEMA}): "
                "update this program. Nothing is changed."
            )

    def save(self, state: State) -> None:
        """Replace the file atomically, mode 0600, on disk when this returns. Raises LvsError."""
        self._make_folder()
        mark = hashlib.sha256()

        def pieces() -> Iterator[bytes]:
            parts = _to_text(state)
            while piece := b"".join(islice(parts, _AT_ONCE)):
                mark.update(piece)
                yield piece

        try:
            replace_file(self.file, pieces(), prefix=".state-")
        except OSError as error:
            raise LvsError(f"Can't save the state to {self.file}: {error.strerror}") from error
        self._latest = (mark.digest(), state)

    def unwritable(self) -> str:
        """Why nothing could be saved, in one line; "" where it could. Makes a folder that is missing."""
        try:
            self._make_folder()
        except LvsError as error:
            return str(error)
        if not os.access(self.path, os.W_OK | os.X_OK):
            return f"{self.path} can't be written: no order can be carried out"
        return ""

    def _make_folder(self) -> None:
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise LvsError(
                f"Can't make the state folder {self.path}: {error.strerror}. "
                "Choose another with LVS_STATE_DIR."
            ) from error


def _to_text(state: State) -> Iterator[bytes]:
    """The file's content in parts. The text of a table is its canonical one."""
    document = {
        "schema": SCHEMA,
        "revision": state.revision,
        "run": state.run,
        "digest": state.digest,
        "boot_id": state.boot_id,
        "journal": None if state.journal is None else state.journal._asdict(),
    }
    yield json.dumps(document)[:-1].encode()
    yield f', "owned": {_scope_text(state.owned)}, "table": '.encode()
    yield from (b"null",) if state.table is None else canonical_text(state.table)
    yield b"}\n"


@lru_cache(maxsize=2)
def _scope_text(scope: Scope) -> str:
    """Kept, for a run saves it before and after it writes."""
    return json.dumps(scope_to_document(scope))


def _from_document(document: Document) -> State:
    if document["schema"] not in (1, SCHEMA):
        raise ValueError(f"schema {document['schema']}, expected {SCHEMA}")
    journal, table = document["journal"], document["table"]
    return State(
        revision=int(document["revision"]),
        digest=str(document["digest"]),
        table=None if table is None else table_from_document(table),
        owned=_owned(document["owned"]),
        journal=None if journal is None else Journal(**journal),
        boot_id=str(document["boot_id"]),
        run=int(document.get("run", 0)),  # earlier versions did not note it
    )


def _owned(document: Document | list[Document]) -> Scope:
    if isinstance(document, list):  # schema 1 knew services only
        return Scope(frozenset(key_from_document(key) for key in document))
    return scope_from_document(document)
