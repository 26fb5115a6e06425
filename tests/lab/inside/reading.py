"""What the kernel holds, and how it was before the tests."""

import pytest

from lvs.canonical_form import make_table
from lvs.model import Table
from lvs.netlink.kernel import Kernel
from lvs.plan import make_plan
from tests.lab.inside.conftest import run_ipvsadm


def services(table: Table) -> Table:
    """The services of a reading alone, without the settings that every director has."""
    return make_table(table.services)


def reading() -> Table:
    with Kernel() as kernel:
        return kernel.read_stable_table()


def turned_into(table: Table) -> None:
    """Make the kernel hold all that the table holds, by a plan, without `apply_table`."""
    with Kernel() as kernel:
        assert kernel.execute(make_plan(kernel.read_table(), table), lambda *_: None) is None


@pytest.fixture(scope="module")
def fresh():
    """The whole reading of a director that nobody has touched; after the tests it is so again."""
    run_ipvsadm("-C")
    found = reading()
    assert (found.services, found.sync) == ((), ())
    yield found
    turned_into(found)
