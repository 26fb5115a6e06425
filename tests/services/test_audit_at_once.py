"""Many writers at once, in real transactions: one chain without a fork, and nobody waits for ever."""

import pytest
from django.db import connection, transaction

from apps.accounts.models import RoleGrant
from apps.audit.models import AuditLink, AuditRecord
from apps.audit.models.chain import GENESIS
from apps.audit.services import record
from apps.inventory.models import Cluster
from tests.factories import make_user
from tests.services.parallel import at_once, refusals

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 12


@pytest.fixture(autouse=True)
def _postgresql():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one write at a time")


def chained():
    links = list(AuditLink.objects.all())
    assert [link.position for link in links] == list(range(1, AuditRecord.objects.count() + 1))
    before = GENESIS
    for link in links:
        assert link.previous == before
        before = link.hash


def test_the_chain_is_one_line():
    clusters = [Cluster.objects.create(name=f"c{n}") for n in range(4)]

    def writer(first, second):
        def act():
            for n in range(ROUNDS):
                with transaction.atomic():
                    record(actor=None, action="cluster.edited", obj=first)
                    Cluster.objects.select_for_update().get(pk=first.pk)
                    if n % 3 == 0:
                        record(actor=None, action="cluster.edited", obj=second)

        return act

    acts = [writer(clusters[n], clusters[n - 1]) for n in range(4)]
    assert refusals(at_once(Cluster.objects.all(), *acts)) == []
    assert AuditRecord.objects.count() == 4 * (ROUNDS + ROUNDS // 3)
    chained()


def test_foreign_keys_that_are_checked_at_commit_are_checked_before_the_chain_is_locked():
    """Else: one holds the chain and waits for a row, the other holds the row and waits for the chain."""
    clusters = [Cluster.objects.create(name=f"c{n}") for n in range(2)]
    users = [make_user("viewer") for _ in range(2)]

    def points_at(target, user):
        def act():
            for _ in range(ROUNDS):
                with transaction.atomic():
                    record(actor=None, action="role.granted", obj=target)
                    grant = RoleGrant.objects.create(user=user, role="viewer", cluster=target)
                with transaction.atomic():
                    record(actor=None, action="role.revoked", obj=target)
                    grant.delete()

        return act

    def holds(target):
        def act():
            for _ in range(ROUNDS):
                with transaction.atomic():
                    Cluster.objects.select_for_update().get(pk=target.pk)
                    record(actor=None, action="cluster.edited", obj=target)

        return act

    acts = [points_at(c, u) for c, u in zip(clusters, users, strict=True)]
    acts += [holds(c) for c in clusters]
    assert refusals(at_once(Cluster.objects.all(), *acts)) == []
    chained()
