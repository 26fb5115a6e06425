"""`python -m lvs connections`: who is connected to which real server, and who sticks to which."""

import argparse
import sys
from typing import TYPE_CHECKING, Any

from lvs.cli_input import BAD_INPUT, DONE, Failed
from lvs.cli_once import Once

if TYPE_CHECKING:
    from lvs.connections import Filters

_DESCRIPTION = """Reads the kernel's connection table once, also with millions of entries, and prints
what matches all that is asked for. A persistence template is what makes a client stick to its real
server. With --client ADDR --templates the answer is a sentence for each."""
_WORDS = (
    ("client", "ADDR[/PREFIX][:PORT]", "templates match that hold for one of these clients"),
    ("service", "ADDR[:PORT]", "or “fwmark N”, which only templates name"),
    ("server", "ADDR[:PORT]", "the real server"),
    ("state", "STATE[,STATE]", "as ESTABLISHED or TIME_WAIT"),
    ("protocol", "tcp|udp|sctp", "templates of firewall marks are of none"),
    ("origin", "local|sync", "made here, or learnt from another director"),
)


def add_connections(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand with its options."""
    parser = commands.add_parser(
        "connections",
        help="print connections and persistence templates",
        description=_DESCRIPTION,
        epilog="IPv6 addresses with a port stand in brackets: [2001:db8::9]:4711.",
    )
    for name, shape, meaning in _WORDS:
        parser.add_argument(f"--{name}", metavar=shape, action=Once, help=meaning)
    kinds = parser.add_mutually_exclusive_group()
    for option, kind, meaning in (
        ("--templates", "templates", "persistence templates only"),
        ("--no-templates", "connections", "connections only: this alone needs no right of root"),
    ):
        kinds.add_argument(option, dest="kind", action="store_const", const=kind, help=meaning)
    parser.add_argument(
        "--sort",
        choices=("expires", "client", "server", "state"),
        help="what comes first; without it rows come as they are read",
    )
    parser.add_argument("--reverse", action="store_true", help="sort the other way round")
    parser.add_argument(
        "--limit",
        type=int,
        metavar="N",
        help="rows of connections and of templates each, or entries of a summary's lists; "
        "default: 500 with --sort or --summary, else all",
    )
    parser.add_argument(
        "--summary", action="store_true", help="counts by service, real server and state"
    )
    parser.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        help="json: one object a line, the totals last; a summary is one object",
    )
    parser.set_defaults(run=_connections, kind="all")


def _connections(chosen: argparse.Namespace) -> int:
    from lvs.connections import FilterError, make_filters

    try:
        filters = make_filters(**_given(chosen), kind=chosen.kind)
        document = (_summary if chosen.summary else _rows)(chosen, filters)
    except FilterError as error:
        raise Failed(BAD_INPUT, f"--{error.what}: {error}") from None
    if document["unreadable"]:
        sys.stdout.flush()
        number = document["unreadable"]
        sys.stderr.write(
            f"lvs: warning: {number} line{'s' * (number != 1)} of the kernel's list can't be "
            f"understood and {'are' if number != 1 else 'is'} left out. The first begins: "
            f"{document['example']}\n"
        )
    return DONE


def _given(chosen: argparse.Namespace) -> dict[str, str]:
    """The filters that were asked for. Raises FilterError where one says nothing.

    In forms nothing means no filter. Here it is most often a variable of a shell that isn't set, and who
    looks for one client must not be shown everybody.
    """
    from lvs.connections import FilterError

    given: dict[str, str] = {}
    for name, shape, _ in _WORDS:
        value: str | None = getattr(chosen, name)
        if value is None:
            continue
        if not value.strip(" ,"):
            message = f"it is empty: write {shape}, or leave --{name} out to see all"
            raise FilterError(name, message)
        given[name] = value
    return given


def _rows(chosen: argparse.Namespace, filters: "Filters") -> dict[str, Any]:
    from lvs.connections.printing import print_connections
    from lvs.connections.scan import make_order, make_unsorted

    if chosen.sort or chosen.reverse:
        order = make_order(chosen.sort or "", reverse=chosen.reverse, limit=chosen.limit)
    else:
        order = make_unsorted(chosen.limit)
    return print_connections(sys.stdout.write, filters, order, chosen.format).document()


def _summary(chosen: argparse.Namespace, filters: "Filters") -> dict[str, Any]:
    from lvs.connections import make_order, summarise

    if chosen.sort or chosen.reverse:
        raise Failed(BAD_INPUT, "--sort: a summary has its largest numbers first")
    document = summarise(filters, make_order(limit=chosen.limit).limit)
    if chosen.format == "json":
        import json

        sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
    else:
        from lvs.connections.text import summary_lines

        sys.stdout.write(summary_lines(document))
    return document
