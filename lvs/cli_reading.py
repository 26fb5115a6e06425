"""How FILE is read: the options that all commands with a FILE share."""

import argparse
from typing import Literal, NamedTuple

from lvs.formats import SOURCES, Source


class ReadAs(NamedTuple):
    """What was said of how FILE is to be read."""

    source: Source | Literal["auto"] = "auto"
    config_id: str = ""
    resolve: bool = False

    @property
    def is_silent(self) -> bool:
        """Nothing was said."""
        return self == BY_CONTENT


BY_CONTENT = ReadAs()
"""As a FILE is read about which nothing is said."""


def add_reading_options(command: argparse.ArgumentParser) -> None:
    """`--from`, `--config-id` and `--resolve`."""
    command.add_argument(
        "--from",
        dest="source",
        choices=("auto", *SOURCES),
        default="auto",
        help="the format of FILE; default: auto, told by the content",
    )
    command.add_argument(
        "--resolve",
        action="store_true",
        help="look up names of hosts and ports as this host knows them",
    )
    command.add_argument(
        "--config-id",
        default="",
        metavar="ID",
        help="read a keepalived.conf as keepalived --config-id ID does (lines that begin with @)",
    )


def reading_asked(chosen: argparse.Namespace) -> ReadAs:
    """What these options say."""
    return ReadAs(chosen.source, chosen.config_id, chosen.resolve)
