"""Which modules this kernel holds or can load, and how it was built: read from its files."""

import gzip
import os
import re
from collections.abc import Iterable
from pathlib import Path

from lvs.doctor.host import Modules

_MAX_CONFIG = 4 << 20
"""Bytes: a kernel's build takes a quarter of a megabyte."""
_SET = re.compile(r"^CONFIG_(\w+)=(.+)$", re.MULTILINE)


def read_modules(proc: Path, folder: Path) -> Modules:
    """proc: /proc; folder: /lib/modules/<release>."""
    loadable = read_text(folder / "modules.dep")
    builtin = read_text(folder / "modules.builtin")
    loader = read_text(proc / "sys/kernel/modprobe")
    return Modules(
        loaded=read_loaded(proc),
        builtin=_names(_lines(builtin)),
        loadable=_names(line.partition(":")[0] for line in _lines(loadable)),
        known=loadable is not None and builtin is not None,
        locked=(read_text(proc / "sys/kernel/modules_disabled") or "").strip() == "1",
        by_hand=loader is not None and not loader.strip(),
    )


def read_loaded(proc: Path) -> frozenset[str]:
    """The modules that are loaded. proc: /proc."""
    return _names(line.partition(" ")[0] for line in _lines(read_text(proc / "modules")))


def read_modules_here() -> Modules:
    """Those of the running kernel."""
    return read_modules(Path("/proc"), Path("/lib/modules") / os.uname().release)


def read_config(proc: Path, places: Iterable[Path]) -> dict[str, str] | None:
    """The kernel's build, of /proc/config.gz or the first of the places that can be read; None of none.

    Option → value, without `CONFIG_`.
    """
    packed = proc / "config.gz"
    try:
        with gzip.open(packed) as file:
            return _options(file.read(_MAX_CONFIG).decode(errors="replace"))
    except (OSError, EOFError):  # not there, or no gzip: another place may have it
        for place in places:
            text = read_text(place)
            if text is not None:
                return _options(text)
    return None


def config_places(release: str, boot: Path, folder: Path) -> tuple[Path, ...]:
    """Where distributions keep it beside /proc. folder: /lib/modules/<release>."""
    return (boot / f"config-{release}", folder / "config", folder / "build" / ".config")


def read_text(path: Path) -> str | None:
    """The text of a file; None when it isn't there or not ours to read."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return None


def _options(text: str) -> dict[str, str]:
    return dict(_SET.findall(text))


def _lines(text: str | None) -> list[str]:
    return (text or "").splitlines()


def _names(paths: Iterable[str]) -> frozenset[str]:
    """`kernel/net/netfilter/ipvs/ip_vs_rr.ko.xz` → `ip_vs_rr`."""
    found = (path.rpartition("/")[2].partition(".")[0].replace("-", "_") for path in paths)
    return frozenset(name for name in found if name)
