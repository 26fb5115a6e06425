"""Tests in the lab: a real kernel with IPVS, booted once for the session."""

import pytest

from lab import Lab
from lab.fixture import clean_ipvs, lab, state_folder
from tests.lab.director import Director
from tests.lab.ways import WAYS, host_without_ipvs

__all__ = ["clean_ipvs", "each_lab", "lab", "state_folder", "way"]


@pytest.fixture(scope="session", params=WAYS)
def way(request):
    """Each way to a guest, in turn."""
    return request.param


@pytest.fixture(scope="session")
def each_lab(request, way, tmp_path_factory):
    """A booted lab of each way, in turn; it may lack IPVS."""
    if way == "uml":
        yield request.getfixturevalue("lab")
        return
    with Lab(tmp_path_factory.mktemp("lab"), kernel=host_without_ipvs) as running:
        yield running


@pytest.fixture(scope="session")
def shared(lab, redis_server):
    made = Director(lab, lab.writable / "state", redis_server.url)
    yield made
    made.close()


@pytest.fixture
def running(shared, clean_ipvs, state_folder, redis_url):
    """A director that knows nothing. Its agent runs: that of the test before, if it lives."""
    if not shared.runs:
        shared.start()
    return shared


@pytest.fixture
def director(shared, clean_ipvs, state_folder, redis_url):
    """A director that knows nothing; its agent does not run."""
    shared.kill()
    shared.log.write_text("")
    return shared
