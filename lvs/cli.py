"""`python -m lvs COMMAND`: this host's IPVS from the command line, without the console.

Exit codes: 0 done; 1 this host stands in the way (busy, state folder damaged); 2 bad input or usage;
3 refused: by the kernel, or because services exist already that are not ours; 4 no IPVS here, or no
right to use it; 130 interrupted.
"""

import argparse
import sys
from collections.abc import Sequence

from lvs import __version__
from lvs.cli_apply import add_plan_and_apply
from lvs.cli_connections import add_connections
from lvs.cli_convert import add_convert
from lvs.cli_doctor import add_doctor
from lvs.cli_input import (
    DONE,
    IN_THE_WAY,
    INTERRUPTED,
    NO_IPVS,
    REFUSED,
    Failed,
    counted,
    harmless,
    named,
    read_input,
)
from lvs.cli_reading import add_reading_options, reading_asked
from lvs.cli_show import add_show
from lvs.cli_streams import discard_output, escape_what_is_not_encoded, replace_closed_streams
from lvs.cli_zero import add_zero


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code. Never shows a traceback for what the world did wrong."""
    replace_closed_streams()
    escape_what_is_not_encoded()
    chosen = _parser().parse_args(arguments)
    try:
        code: int = chosen.run(chosen)
        sys.stdout.flush()
        return code
    except Failed as failed:
        return _complain(failed.code, str(failed))
    except KeyboardInterrupt:
        return _complain(INTERRUPTED, "interrupted")
    except BrokenPipeError:
        discard_output()
        return IN_THE_WAY
    except Exception as error:
        code, message = _explained(error)
        return _complain(code, message)


def _complain(code: int, message: str) -> int:
    try:
        sys.stdout.flush()
    except OSError:
        discard_output()
    print(f"lvs: {harmless(' '.join(message.split()))}", file=sys.stderr)
    return code


def _explained(error: Exception) -> tuple[int, str]:
    """Exit code and line of what went wrong below; anything unforeseen is raised again."""
    from lvs.errors import IpvsMissing, KernelRefusal, LvsError, NotPermitted

    if isinstance(error, IpvsMissing | NotPermitted):
        return NO_IPVS, str(error)
    if isinstance(error, KernelRefusal):
        return REFUSED, str(error)
    if isinstance(error, LvsError):
        return IN_THE_WAY, str(error)
    if isinstance(error, OSError):
        return IN_THE_WAY, f"{error.filename or 'no way to go on'}: {error.strerror}"
    raise error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m lvs",
        description="Show and change the Linux Virtual Server table of this host.",
        epilog="FILE is JSON, YAML, the output of `ipvsadm -Sn`, a keepalived.conf or an "
        "ldirectord.cf (told by its content, or by --from); - is standard input. Exit codes: 0 done, 1 this "
        "host stands in the way, 2 bad input, 3 refused, 4 no IPVS or no right to use it.",
    )
    parser.add_argument("--version", action="version", version=f"lvs {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add_show(commands)
    check = commands.add_parser("check", help="say whether FILE is a valid table; asks no kernel")
    check.add_argument("file", metavar="FILE")
    add_reading_options(check)
    check.set_defaults(run=_check)
    add_convert(commands)
    add_plan_and_apply(commands)
    add_connections(commands)
    add_doctor(commands)
    add_zero(commands)
    return parser


def _check(chosen: argparse.Namespace) -> int:
    table = read_input(chosen.file, reading_asked(chosen), sys.maxsize).table
    print(f"{named(chosen.file)} is valid: {counted(table)}.")
    return DONE
