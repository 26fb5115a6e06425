"""What a FILE needs of this host: names, where they may be looked up, and the files that it includes."""

import glob
import os
import socket
from typing import Any

from lvs.addresses import SOCKET_FAMILY, Family
from lvs.cli_input import Failed, bytes_of
from lvs.cli_reading import ReadAs
from lvs.formats.decoding import text_from
from lvs.formats.errors import FormatError
from lvs.formats.surroundings import Included, Surroundings


def surroundings(file: str, how: ReadAs) -> Surroundings:
    """What this host knows: names where they may be looked up, and the files beside FILE.

    What standard input includes is looked for below the working directory.
    """
    base = "" if file == "-" else os.path.dirname(file)  # noqa: PTH120 - as it was given
    return Surroundings(
        port_of=_port_of if how.resolve else None,
        addresses_of=_addresses_of if how.resolve else None,
        load=lambda pattern, including: _load(pattern, including, base),
        config_id=how.config_id,
    )


def _port_of(name: str, protocol: str) -> int | None:
    try:
        return socket.getservbyname(name, protocol) if protocol else socket.getservbyname(name)
    except OSError:
        return None


def _addresses_of(name: str, family: Family) -> list[str]:
    try:
        found: Any = socket.getaddrinfo(name, None, SOCKET_FAMILY[family], socket.SOCK_STREAM)
    except OSError:
        return []
    return sorted({entry[4][0] for entry in found})


def _load(pattern: str, including: str, base: str) -> list[Included]:
    """What matches, by name, as keepalived takes it: from the folder of the including file."""
    folder = os.path.dirname(including) if including else base  # noqa: PTH120
    path = os.path.join(folder, pattern)  # noqa: PTH118
    if glob.has_magic(pattern):
        names = sorted(glob.glob(os.path.join(glob.escape(folder), pattern)))  # noqa: PTH118, PTH207
    else:
        names = [path]
    return [Included(name, _included(name)) for name in names]


def _included(name: str) -> str:
    try:
        return text_from(bytes_of(name))
    except FormatError as error:
        raise LookupError(f"the included file {name}, {error}") from None
    except Failed as failed:
        raise LookupError(str(failed)) from None
