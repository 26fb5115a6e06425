"""Revisions: numbered, and the head once every director holds it."""

import pytest

from apps.inventory import selectors, services
from apps.inventory.models import Cluster
from lvs.canonical_form import make_table
from lvs.documents import table_to_document
from lvs.model import EMPTY
from tests.factories import make_applied, make_cluster, make_service, make_submitted
from tests.services.parallel import at_once
from tests.services.records import said

pytestmark = pytest.mark.django_db
TABLE = make_table([make_service()])


def revision(cluster):
    return services.create_revision(
        cluster=cluster, table=table_to_document(TABLE), digest=TABLE.digest
    )


def test_numbers_count_in_each_cluster(cluster):
    other = make_cluster("shop")
    assert [revision(cluster).number, revision(cluster).number] == [1, 2]
    assert revision(other).number == 1


@pytest.mark.django_db(transaction=True)
def test_two_at_once_get_two_numbers(cluster):
    made = at_once(Cluster.objects.all(), lambda: revision(cluster), lambda: revision(cluster))
    assert sorted(one.number for one in made) == [1, 2]


def test_a_new_revision_is_not_the_head(cluster):
    revision(cluster)
    cluster.refresh_from_db()
    assert cluster.head is None
    assert selectors.head_table(cluster) == EMPTY


def test_what_was_applied_is_the_head(operator, approver, cluster):
    change = make_applied(make_submitted(operator, cluster), approver)
    cluster = Cluster.objects.get(pk=cluster.pk)
    assert cluster.head == change.revision
    assert cluster.head.applied_at
    assert selectors.head_table(cluster) == TABLE
    after = {"number": 1, "digest": TABLE.digest}
    assert said("revision.applied") == ("system", "revision web r1", None, after, "", change.pk)


def test_revisions_are_listed_newest_first(viewer, cluster):
    revision(cluster)
    revision(cluster)
    assert [made.number for made in selectors.revisions(viewer, cluster)] == [2, 1]
