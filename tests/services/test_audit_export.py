"""The log as JSON lines and CSV, from the command line."""

import csv
import io
import json

import pytest
from django.core.management import CommandError, call_command

from apps.audit.canonical import link_hash
from apps.audit.lines import COLUMNS, csv_lines, digest_in, document
from apps.audit.models import AuditRecord
from tests.factories import make_cluster
from tests.services.audit_log import write
from tests.services.records import said

pytestmark = pytest.mark.django_db


def export(**options):
    out = io.StringIO()
    call_command("audit", "export", stdout=out, **options)
    return out.getvalue()


def test_json_lines_hold_all_that_proves_them(cluster):
    write(cluster, 60, before={"weight": 1.0}, after={"name": "ä"}, reason="Two\nlines")
    lines = [json.loads(line) for line in export().splitlines()]
    assert [line["id"] for line in lines] == sorted(
        AuditRecord.objects.exclude(action="audit.exported").values_list("id", flat=True)
    )
    for number, line in enumerate(lines, start=1):
        assert line["position"] == number
        assert digest_in(line) == line["digest"]
        assert line["hash"] == link_hash(line["previous"], line["digest"], line["id"])


def test_csv_can_be_read_back(cluster):
    (made,) = write(cluster, after={"name": "a,b"}, reason='Two\nlines, and "quotes"')
    rows = list(csv.DictReader(io.StringIO(export(format="csv"))))
    assert rows[-1]["id"] == str(made.pk)
    assert rows[-1]["reason"] == 'Two\nlines, and "quotes"'
    assert json.loads(rows[-1]["after"]) == {"name": "a,b"}
    assert len(rows) == made.link.position


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_cell_begins_a_formula(start, cluster):
    (made,) = write(cluster, reason=start, after=start, before=-5)
    row = list(csv.reader(io.StringIO("".join(csv_lines([document(made, None)])))))[1]
    shown = dict(zip(COLUMNS, row, strict=True))
    assert shown["reason"] == f"'{start}"
    assert shown["before"] == "'-5"
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for cell in row)


def test_an_empty_export_has_its_heading():
    assert "".join(csv_lines([])) == ",".join(COLUMNS) + "\r\n"


def test_it_can_be_narrowed(cluster):
    other = make_cluster("other")
    write(other)
    assert {
        json.loads(line)["cluster_number"] for line in export(cluster=other.pk).splitlines()
    } == {other.pk}
    assert export(since="2999-01-01") == ""
    assert export(until="1999-01-01") == ""


def test_what_is_no_date_is_refused():
    with pytest.raises(CommandError, match="--since: Enter a valid date"):
        export(since="yesterday")


def test_an_export_leaves_a_record(cluster):
    last, many = AuditRecord.objects.first().pk, AuditRecord.objects.count()
    export(format="csv", until="2999-01-01")
    after = {"format": "csv", "filter": {"until": "2999-01-01"}, "records": many}
    after |= {"up to record": last}
    assert said("audit.exported") == (
        "system", f"auditlink chain up to {last}", None, after, "", None,
    )  # fmt: skip
