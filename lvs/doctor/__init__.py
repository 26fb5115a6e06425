"""Is this host fit to be a director for a table, and what do its real servers need?

`gather` reads the host (`Host`), the judges are pure: Host × Table → findings. See docs/doctor.md.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lvs.model import Table


def examine(table: "Table") -> dict[str, Any]:
    """This host's findings and advice for a table, as a JSON object (`render.to_document`), folded by `fold`.

    Reads only. Raises LvsError when the kernel doesn't show its interfaces or its answers are lost.
    """
    from lvs.doctor.fold import fold
    from lvs.doctor.gather import gather, read_held
    from lvs.doctor.judge import judge
    from lvs.doctor.render import to_document
    from lvs.doctor.servers import advise

    host = gather(table, read_held())
    return fold(to_document(host, judge(host, table), advise(host, table)))


def script_for(table: "Table", address: str) -> dict[str, Any]:
    """A script that checks a real server of the table on the spot: `{"address", "script"}`.

    Reads only. Raises LvsError as `examine`, and when the table has no such real server.
    """
    from lvs.doctor.gather import gather, read_held
    from lvs.doctor.script import verification_script
    from lvs.errors import LvsError

    script = verification_script(gather(table, read_held()), table, address)
    if script is None:
        raise LvsError(f"The table has no real server {address[:45]}")
    return {"address": address, "script": script}
