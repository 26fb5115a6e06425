"""One person of each role, and a cluster with one director that holds nothing."""

import pytest

from tests.factories import make_cluster, make_user


@pytest.fixture
def viewer(db):
    return make_user("viewer", "vera")


@pytest.fixture
def operator(db):
    return make_user("operator", "olga", "Olga Berg")


@pytest.fixture
def approver(db):
    return make_user("approver", "adil", "Adil Khan")


@pytest.fixture
def auditor(db):
    return make_user("auditor", "aura")


@pytest.fixture
def admin(db):
    return make_user("admin", "anna", "Anna Stern")


@pytest.fixture
def cluster(db):
    return make_cluster("web")
