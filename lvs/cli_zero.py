"""`python -m lvs zero`: set counters to zero, of one service or of all."""

import argparse
import sys
from typing import TYPE_CHECKING

from lvs.cli_input import DONE
from lvs.cli_service import add_service_option, chosen_service

if TYPE_CHECKING:
    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_zero(commands: "_Commands") -> None:
    """Add the command to the parser's."""
    zero = commands.add_parser(
        "zero",
        help="set counters to zero",
        description="Set the counters of packets, bytes and connections to zero, like ipvsadm -Z: of "
        "one service and its real servers, or of all, also those that others put there. Open "
        "connections go on.",
    )
    add_service_option(zero)
    zero.set_defaults(run=_zero)


def _zero(chosen: argparse.Namespace) -> int:
    key = chosen_service(chosen)
    from lvs.netlink.kernel import Kernel

    with Kernel() as kernel:
        kernel.zero(key)
    sys.stdout.write(f"The counters of {key or 'all services'} are zero.\n")
    return DONE
