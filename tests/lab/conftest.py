"""Tests in the lab: a real kernel with IPVS, booted once for the session."""

import pytest

from lab import Lab
from lab.fixture import clean_ipvs, lab, state_folder
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
