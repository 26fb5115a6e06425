"""What several formats have to say of a table that they can't carry."""

from collections.abc import Iterator

from lvs.formats.errors import Note
from lvs.model import Table


def about_sysctls(table: Table) -> Iterator[Note]:
    """One note for each sysctl: only JSON and YAML hold them."""
    for sysctl in table.sysctls:
        message = f"{sysctl} = {sysctl.value}: put it into a file below /etc/sysctl.d"
        yield Note("", None, message)
