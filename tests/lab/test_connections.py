"""The connection table of a real kernel: most of it runs on the director, see `inside/`."""

from tests.lab.director_cli import director
from tests.lab.test_cli_trouble import AS_NOBODY
from tests.lab.test_kernel import run_inside

__all__ = ["director"]


def test_connections_on_the_director(clean_ipvs):
    run_inside(clean_ipvs, "check_connections.py")
