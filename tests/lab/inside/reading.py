"""What the kernel holds, without the settings that every director has."""

from lvs.model import Table, make_table


def services(table: Table) -> Table:
    """The services of a reading alone."""
    return make_table(table.services)
