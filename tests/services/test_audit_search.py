"""The search of the audit log: what it finds, and by which index."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from apps.audit.export import _documents
from apps.audit.filters import AuditFilter
from apps.audit.search import beyond, order_of
from apps.audit.searching import MOST, searchable, words_of
from apps.audit.selectors import acts, kinds, page, records
from tests.services.audit_log import tamper, write

pytestmark = pytest.mark.django_db


def chosen(user, **wanted):
    form = AuditFilter({name: str(value) for name, value in wanted.items()}, records(user))
    assert form.is_valid(), form.errors
    return form.qs


def found(user, text):
    return [
        record.reason
        for record in page(chosen(user, text=text), before=None, after=None, size=9).records
    ]


@pytest.mark.parametrize(
    "text",
    ["launch", "LAUNCH day", "day launch", '"launch day"', "unch", "Größe", "GRÖSSE? größe", "10% off",
     "under_score", "it's", "launch a", "10.0.0.7", "scheduler", "ätsch"],
)  # fmt: skip
def test_all_words_must_be_there_anywhere(text, auditor, cluster):
    write(cluster, reason="Launch day, it's Größe GRÖSSE? 10% off under_score", after={
        "scheduler": "Ätsch", "servers": [{"address": "10.0.0.7"}]})  # fmt: skip
    write(cluster, reason="nothing of it")
    assert found(auditor, text) == ["Launch day, it's Größe GRÖSSE? 10% off under_score"]


@pytest.mark.parametrize(
    "text", ["launch night", '"day launch"', "launch zz", "lau_ch", "lau%h", "l*ch"]
)
def test_other_words_find_nothing(text, auditor, cluster):
    write(cluster, reason="Launch day")
    assert found(auditor, text) == []


def test_pages_of_a_search_lead_on(auditor, cluster):
    made = write(cluster, 25, reason="needle")
    rows, numbers, before = chosen(auditor, text="needle"), [], None
    for _ in range(3):
        shown = page(rows, before=before, after=None, size=10)
        numbers += [record.pk for record in shown.records]
        before = shown.older
    assert numbers == [record.pk for record in reversed(made)]
    assert before is None
    back = page(rows, before=None, after=numbers[20], size=10)
    assert [record.pk for record in back.records] == numbers[10:20]


def test_words():
    assert words_of(' Ab "two words" abc abc "" ') == ["ab", "two words", "abc"]
    assert words_of("") == []
    with pytest.raises(ValueError, match="3 characters"):
        words_of("ab c")


def test_each_value_is_searched_once_and_not_without_end():
    assert searchable(["Name", "", "why"], {"a": [1, True, None, "X"]}, {"a": [1, "y"]}) == (
        "name\nwhy\na\n1\ntrue\nx\ny"
    )
    assert len(searchable([], [str(number) for number in range(50_000)], None)) == MOST


def test_acts_and_kinds_that_there_are(auditor, cluster):
    write(cluster, 3)
    assert acts() == sorted(set(acts()))
    assert {"cluster.created", "cluster.edited", "user.created"} <= set(acts())
    assert {"cluster", "user"} <= set(kinds())


def test_a_day_has_its_records_although_a_clock_went_wrong_for_hours(auditor, cluster):
    """Numbers and times need not have the same order."""
    made = write(cluster, 6, reason="counted")
    now = timezone.now()
    hours = [-100, -49, -50, -26, -27, -3]
    for record, back in zip(made, hours, strict=True):
        tamper(
            "UPDATE audit_auditrecord SET at = %s WHERE id = %s",
            now + timedelta(hours=back),
            record.pk,
        )
    for days in range(6):
        day = timezone.localdate(now) - timedelta(days=days)
        for wanted in ({"since": day}, {"until": day}, {"since": day, "until": day}):
            expected = [
                record.pk
                for record, back in zip(made, hours, strict=True)
                if wanted.get("since", day.min)
                <= timezone.localdate(now + timedelta(hours=back))
                <= wanted.get("until", day.max)
            ]
            rows = chosen(auditor, text="counted", **wanted)
            assert sorted(record.pk for record in rows) == expected, wanted


def ids(rows):
    """All pages of the rows, ten at a time, from the newest to the oldest."""
    numbers, before = [], None
    while True:
        shown = page(rows, before=before, after=None, size=10)
        numbers += [record.pk for record in shown.records]
        if shown.older is None:
            return numbers
        before = shown.older


@pytest.mark.parametrize("years", [-9, 9])
def test_one_record_of_a_wrong_clock_hides_no_others(years, auditor, cluster):
    """A host whose clock begins anew writes a record of long ago; it must stay the only odd one."""
    made = [record.pk for record in write(cluster, 12, reason="counted")]
    odd, now = made[4], timezone.now()
    tamper(
        "UPDATE audit_auditrecord SET at = %s WHERE id = %s", now + timedelta(days=365 * years), odd
    )
    long_ago, later = now.date() - timedelta(days=4000), now.date() + timedelta(days=4000)
    for wanted in ({"since": long_ago}, {"until": later}, {"since": long_ago, "until": later}):
        rows = chosen(auditor, action="cluster.edited", **wanted)
        assert sorted(ids(rows)) == made, wanted
        assert [record["id"] for record in _documents(rows, made[-1])] == ids(rows)[::-1]
    today = chosen(auditor, action="cluster.edited", since=now.date(), until=now.date())
    assert sorted(ids(today)) == [number for number in made if number != odd]


def test_records_of_one_moment_are_shown_once_each(auditor, cluster):
    made = [record.pk for record in write(cluster, 35)]
    tamper("UPDATE audit_auditrecord SET at = %s", timezone.now())
    rows = chosen(auditor, action="cluster.edited")
    assert ids(rows) == made[::-1]
    back = page(rows, before=None, after=made[4], size=10)
    assert [record.pk for record in back.records] == made[14:4:-1]


@pytest.mark.parametrize("name", ["since", "until"])
def test_a_day_that_some_time_zone_does_not_have_is_refused(name, auditor):
    for day in ("0001-01-01", "9999-12-31"):
        assert AuditFilter({name: day}, records(auditor)).form.errors.get(name)


# --- by which index -------------------------------------------------------------------------------

INDEXES = {
    "actor": ("olga", "audit_actor_name"),
    "action": ("cluster.edited", "audit_action"),
    "since": ("2026-01-01", "audit_at"),
    "until": ("2036-01-01", "audit_at"),
    "family": ("cluster.", "audit_family"),
    "object_type": ("cluster", "audit_object_type|audit_object"),
    "change": (7, "audit_change"),
    "text": ("needle", "audit_search|VIRTUAL TABLE INDEX"),
}

FIELDS = {"family": "action"}
"""Names of the form's fields, where they are others."""


@pytest.mark.parametrize("name", INDEXES)
def test_each_filter_has_its_index(name, auditor, cluster):
    write(cluster, 60, reason="needle")
    value, index = INDEXES[name]
    plan = plan_of(chosen(auditor, **{FIELDS.get(name, name): value}).order_by(), name)
    assert any(each in plan for each in index.split("|")), plan
    assert "SCAN audit_auditrecord" not in plan
    assert "Seq Scan on audit_auditrecord" not in plan


@pytest.mark.parametrize("name", [None, *INDEXES])
def test_a_page_is_read_in_the_order_of_an_index(name, auditor, cluster):
    """Never: find all, sort them, and take the first."""
    if connection.vendor != "sqlite":
        pytest.skip(
            "PostgreSQL chooses by what it knows of the rows: docs/audit.md has its figures"
        )
    write(cluster, 60, reason="needle")
    rows = chosen(auditor, **({FIELDS.get(name, name): INDEXES[name][0]} if name else {}))
    order = [f"-{each}" for each in order_of(rows)]
    plan = plan_of(
        beyond(rows, records(auditor).first().pk, newer=False).order_by(*order)[:50], name
    )
    assert "TEMP B-TREE" not in plan, plan


def plan_of(rows, name):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # few rows: it would read them all
            cursor.execute("SET LOCAL enable_seqscan = off")
            if name == "text":
                cursor.execute("SET LOCAL enable_indexscan = off")
    return rows.explain()
