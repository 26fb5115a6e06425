"""`python -m lvs show`: what the kernel holds, with what it counts."""

import argparse
import sys
from typing import TYPE_CHECKING

from lvs.cli_input import BAD_INPUT, DONE, Failed
from lvs.cli_service import add_service_option, chosen_service
from lvs.formats import FORMATS, render
from lvs.formats.listing_columns import View

if TYPE_CHECKING:
    from lvs.model import ServiceKey, Table
    from lvs.netlink.kernel import Kernel

_VIEWS: tuple[tuple[View, str], ...] = (
    ("stats", "with all that was counted: connections, packets, bytes"),
    ("rate", "with what comes each second, as the kernel estimates it"),
    ("thresholds", "with the thresholds of real servers (json, yaml and ipvsadm always have them)"),
    ("persistent-conn", "with how many persistence templates point at each real server"),
    ("tun-info", "with how tunnels are made (json, yaml and ipvsadm always have it)"),
)
_MEASURED = ("stats", "rate", "persistent-conn")
"""Views of what is no part of a table."""


def add_show(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command with its options."""
    show = commands.add_parser(
        "show",
        help="print what the kernel holds",
        description="Print what the kernel holds. The text is that of ipvsadm -Ln, and the options for its "
        "columns are called as there: one of them at a time. Other formats have room for several.",
    )
    show.add_argument("--format", choices=FORMATS, default="text", help="default: text")
    add_service_option(show)
    for view, meaning in _VIEWS:
        show.add_argument(
            f"--{view}", dest="views", action="append_const", const=view, help=meaning
        )
    show.add_argument(
        "--exact", action="store_true", help="text: large numbers in full, not in K, M, G or T"
    )
    show.add_argument(
        "--settings", action="store_true", help="with timeouts, sync daemons and sysctls"
    )
    show.set_defaults(run=_show, views=[])


def _show(chosen: argparse.Namespace) -> int:
    key = chosen_service(chosen)
    views: set[View] = set(chosen.views)
    _refuse_what_does_not_go_together(chosen, views)
    from lvs.netlink.kernel import Kernel

    with Kernel() as kernel:
        table = _read(kernel, key, settings=chosen.settings)
        if chosen.format == "text":
            view: View = next(iter(views)) if views else "connections"
            text = _listing(kernel, table, view, one=key is not None, exact=chosen.exact)
        elif chosen.format == "ipvsadm":
            text = render(table, "ipvsadm")
        else:
            text = _document(kernel, table, chosen.format, views)
    if chosen.format == "ipvsadm" and table.sysctls:
        sys.stderr.write("lvs: not carried: sysctls, which ipvsadm's lines have no place for\n")
    sys.stdout.write(text)
    return DONE


def _refuse_what_does_not_go_together(chosen: argparse.Namespace, views: set[View]) -> None:
    asked = [f"--{view}" for view, _ in _VIEWS if view in views]
    if chosen.format == "text" and len(asked) > 1:
        names = f"{', '.join(asked[:-1])} and {asked[-1]}"
        raise Failed(
            BAD_INPUT,
            f"{names} fill the same columns: ask for one of them, or for --format json or yaml",
        )
    if chosen.format == "ipvsadm":
        for view in _MEASURED:
            if view in views:
                raise Failed(
                    BAD_INPUT,
                    f"--{view} goes with --format text, json or yaml: ipvsadm's has none",
                )
    if chosen.settings and chosen.service is not None:
        raise Failed(
            BAD_INPUT,
            "--settings are the whole director's, and --service asks for one service: choose one",
        )


def _read(kernel: "Kernel", key: "ServiceKey | None", *, settings: bool) -> "Table":
    """What is to be shown. Raises LvsError where there is no such service."""
    from lvs.errors import LvsError
    from lvs.model import Table

    if settings:
        return kernel.read_table()
    found = kernel.read_table(sysctls=())
    if key is None:
        return Table(found.services)
    service = found.by_key().get(key)
    if service is None:
        raise LvsError(f"There is no service {key} in the kernel.")
    return Table((service,))


def _listing(kernel: "Kernel", table: "Table", view: View, *, one: bool, exact: bool) -> str:
    """As ipvsadm: above one service alone stands no version."""
    from lvs.formats.listing import render_listing

    if view == "rate":
        listing = render_listing(table, rates=kernel.read_rates(), view=view, exact=exact)
    else:
        listing = render_listing(table, kernel.read_counters(), view=view, exact=exact)
    if one:
        return listing
    info = kernel.info()
    size = info.connection_table_size
    return f"IP Virtual Server version {info.version} (size={size})\n{listing}"


def _document(kernel: "Kernel", table: "Table", style: str, views: set[View]) -> str:
    from lvs.formats.document import render_document

    counters = kernel.read_counters() if views & {"stats", "persistent-conn"} else None
    rates = kernel.read_rates() if "rate" in views else None
    return render_document(table, style, counters, rates, totals="stats" in views)
