"""Digests and the chain: the same from the caller's values as from the stored row."""

import uuid
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.audit.canonical import FIELDS, digest_of, form, link_hash
from apps.audit.models import AuditLink, AuditRecord
from apps.audit.models.chain import GENESIS
from apps.audit.services import record
from apps.inventory.models import Cluster
from tests.services.audit_log import positions, write

pytestmark = pytest.mark.django_db

VALUES = [
    {"b": 1, "a": 2, "aa": 3},
    {"n": [1.0, 1e2, 1e16, 1e22, 1e-7, 0.1, -0.0, 12345678901234567890, Decimal("1.50")]},
    {"t": ["NUL \0 here", "half \ud800 a pair", "ä € 😀", "\u2028", '"\\']},
    {"NUL \0 name": True, "none": None},
    {1: "a number as name", "when": datetime(2026, 1, 2, tzinfo=UTC), "id": uuid.UUID(int=7)},
    [],
    "",
    0,
    False,
]


def again(made):
    """The digest, from the row as the database gives it back."""
    row = AuditRecord.objects.get(pk=made.pk)
    return digest_of(form(row.at, {name: getattr(row, name) for name in FIELDS}))


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_digest_can_be_made_again_from_the_row(value, cluster):
    (made,) = write(cluster, before=value, after={"x": value}, reason="NUL \0, \ud800, ü")
    assert made.digest == again(made)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(value=JSON)
def test_of_any_value(value, cluster):
    (made,) = write(cluster, after=value)
    assert made.digest == again(made)


def test_a_number_that_is_none_is_refused(cluster):
    with pytest.raises(ValueError, match="JSON"):
        write(cluster, after={"weight": float("nan")})


def test_the_time_zone_of_a_reader_makes_no_difference(cluster):
    (made,) = write(cluster)
    content = {name: getattr(made, name) for name in FIELDS}
    there = made.at.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert digest_of(form(there, content)) == made.digest


def test_each_field_makes_another_digest(cluster):
    (made,) = write(cluster)
    content = {name: getattr(made, name) for name in FIELDS}
    for name in FIELDS:
        other = form(made.at, content | {name: "another"})
        assert digest_of(other) != made.digest, name
    later = form(made.at + timedelta(microseconds=1), content)
    assert digest_of(later) != made.digest


def test_the_text_of_a_digest_is_fixed_for_ever(cluster):
    content = dict.fromkeys(FIELDS, "") | {"actor_id": 7, "after": {"b": 1.0, "a": "ä"}}
    assert form(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), content) == (
        '{"action":"","actor_id":7,"actor_name":"","address":"","after":{"a":"\\u00e4","b":1},'
        '"at":"2026-01-02T03:04:05.000000+00:00","before":"","change_number":"","cluster_number":"",'
        '"object_id":"","object_name":"","object_type":"","reason":"","request_id":""}'
    )


def test_every_record_is_linked_to_the_one_before(cluster):
    write(cluster, 5)
    links = list(AuditLink.objects.select_related("record"))
    assert [link.position for link in links] == list(range(1, AuditRecord.objects.count() + 1))
    before = GENESIS
    for link in links:
        assert link.previous == before
        assert link.hash == link_hash(before, link.record.digest, link.record_id)
        before = link.hash


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_leaves_no_gap():
    cluster = Cluster.objects.create(name="any")
    write(cluster)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        record(actor=None, action="cluster.edited", obj=cluster)
        raise ZeroDivisionError
    write(cluster)
    assert [position for position, _ in positions()] == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_nothing_waits_for_its_link_after_a_commit():
    write(Cluster.objects.create(name="any"), 3)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM audit_unlinked")
            assert cursor.fetchone() == (0,)
    assert len(positions()) == 3
