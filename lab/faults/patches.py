"""The boundaries of the real code: each is patched in once, at the library that leads outside."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import redis
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from redis.client import Pipeline

from lab.faults.boundaries import Here, cross
from lab.faults.disk import DISK

_execute, _pipeline = redis.Redis.execute_command, Pipeline.execute
_commit = BaseDatabaseWrapper.commit
_fsync, _mkstemp = os.fsync, tempfile.mkstemp
_replace, _rename, _unlink = Path.replace, Path.rename, Path.unlink


def _redis_error() -> Exception:
    return redis.ConnectionError("a fault of this history")


def _database_error() -> Exception:
    return OperationalError("a fault of this history")


def _disk_error() -> Exception:
    return OSError(28, "No space left on device")


def execute_command(self: Any, *words: Any, **more: Any) -> Any:
    """Each command to Redis, whose clock is the history's: by its own the ids of entries, and all that is
    concluded from them, would tell how fast this machine is."""
    name = str(words[0]).lower()

    def deed() -> Any:
        if Here.now is None:
            return _execute(self, *words, **more)
        if name == "time":
            return divmod(int(Here.now.redis_clock() * 1e6), 1_000_000)
        if name == "xadd":
            named = words.index("*")
            return _execute(self, *words[:named], Here.now.entry_id(), *words[named + 1 :], **more)
        return _execute(self, *words, **more)

    return cross(f"redis {name}", deed, _redis_error)


def execute_pipeline(self: Any, *arguments: Any, **more: Any) -> Any:
    """Several at once."""
    return cross("redis exec", lambda: _pipeline(self, *arguments, **more), _redis_error)


def commit(self: Any) -> None:
    """The end of a transaction."""
    cross("database commit", lambda: _commit(self), _database_error)


def while_down(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    """No statement passes while the database is away, nor one of a process that is dead."""
    here = Here.now
    if here is not None and here.current is not None and "database" in here.down:
        raise _database_error()
    return execute(sql, params, many, context)


def fsync(handle: int) -> None:
    """A file, or a folder, on its way to the disk."""

    def deed() -> None:
        _fsync(handle)
        DISK.flushed(handle)

    cross("disk fsync", deed, _disk_error)


def mkstemp(*arguments: Any, **more: Any) -> Any:
    """A new file."""

    def deed() -> Any:
        handle, name = _mkstemp(*arguments, **more)
        DISK.created(Path(name))
        return handle, name

    return cross("disk create", deed, _disk_error)


def replace(self: Path, target: Any) -> Path:
    """A new file in the place of an old one."""
    return _moved("disk replace", _replace, self, target)


def rename(self: Path, target: Any) -> Path:
    """Another name."""
    return _moved("disk rename", _rename, self, target)


def _moved(place: str, move: Callable[[Path, Any], Path], source: Path, target: Any) -> Path:
    def deed() -> Path:
        DISK.moves(source, Path(target))
        return move(source, target)

    return cross(place, deed, _disk_error)


def unlink(self: Path, missing_ok: bool = False) -> None:
    """A file that goes: whoever is dead removes nothing."""

    def deed() -> None:
        DISK.goes(self)
        _unlink(self, missing_ok=missing_ok)

    cross("disk unlink", deed)


PATCHES: list[Any] = [
    mock.patch.object(redis.Redis, "execute_command", execute_command),
    mock.patch.object(Pipeline, "execute", execute_pipeline),
    mock.patch.object(BaseDatabaseWrapper, "commit", commit),
    mock.patch.object(os, "fsync", fsync),
    mock.patch.object(tempfile, "mkstemp", mkstemp),
    mock.patch.object(Path, "replace", replace),
    mock.patch.object(Path, "rename", rename),
    mock.patch.object(Path, "unlink", unlink),
]


def start() -> None:
    """Put the boundaries in."""
    for patch in PATCHES:
        patch.start()
    if while_down not in connection.execute_wrappers:
        connection.execute_wrappers.append(while_down)


def stop() -> None:
    """Take them out again."""
    for patch in PATCHES:
        patch.stop()
    if while_down in connection.execute_wrappers:
        connection.execute_wrappers.remove(while_down)
