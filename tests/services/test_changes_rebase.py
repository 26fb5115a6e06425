"""Carrying a draft over to a newer head."""

import pytest
from django.core.exceptions import PermissionDenied

from apps.changes import services
from apps.changes.errors import Invalid, NotAllowed
from apps.changes.models import Change
from apps.changes.rebase import rebased
from apps.changes.selectors import table_of
from lvs.canonical_form import make_table
from lvs.model import EMPTY
from tests.factories import make_applied, make_draft, make_service, make_submitted
from tests.services.records import count, said

HTTP, HTTPS, DNS = make_service(80), make_service(443), make_service(53)


def table(*services):
    return make_table(services)


@pytest.mark.parametrize(
    ("base", "head", "mine", "result"),
    [
        (EMPTY, table(HTTP), table(HTTPS), table(HTTP, HTTPS)),
        (table(HTTP), table(HTTP, DNS), table(HTTP, HTTPS), table(HTTP, HTTPS, DNS)),
        (table(HTTP, DNS), table(DNS), table(HTTP, DNS, HTTPS), table(DNS, HTTPS)),
        (table(HTTP, DNS), table(HTTP, DNS, HTTPS), table(DNS), table(DNS, HTTPS)),
        (EMPTY, table(HTTP), table(HTTP), table(HTTP)),
        (table(HTTP), EMPTY, EMPTY, EMPTY),
    ],
)
def test_edits_of_both_sides_are_kept(base, head, mine, result):
    assert rebased(base, head, mine) == result


@pytest.mark.parametrize(
    ("base", "head", "mine"),
    [
        (table(HTTP), table(make_service(80, "wrr")), table(make_service(80, "wlc"))),
        (table(HTTP), EMPTY, table(make_service(80, "wlc"))),
        (table(HTTP), table(make_service(80, "wrr")), EMPTY),
        (EMPTY, table(HTTP), table(make_service(80, "wlc"))),
    ],
)
def test_a_service_that_both_edited_is_nobodys_to_guess(base, head, mine):
    with pytest.raises(Invalid, match=r"both changed tcp 192\.168\.49\.134:80"):
        rebased(base, head, mine)


@pytest.fixture
def behind(operator, approver, cluster):
    """A draft that adds HTTPS, while HTTP became the head."""
    draft = make_draft(operator, cluster, HTTPS)
    make_applied(make_submitted(operator, cluster, HTTP), approver)
    draft.refresh_from_db()
    return draft


@pytest.mark.django_db
def test_a_draft_moves_to_the_head_of_now(operator, cluster, behind):
    change = services.rebase_change(actor=operator, change=behind)
    cluster.refresh_from_db()
    assert change.base == cluster.head
    assert table_of(change) == table(HTTP, HTTPS)
    assert change.version == 3
    who, _name, before, after, _why, number = said("change.rebased")
    assert (who, number) == ("olga", change.pk)
    assert (before["base"], after["base"]) == (None, 1)
    assert services.submit_change(actor=operator, change=change).state == Change.State.IN_REVIEW


@pytest.mark.django_db
def test_on_the_head_there_is_nothing_to_do(operator, cluster):
    change = make_draft(operator, cluster)
    before = count()
    assert services.rebase_change(actor=operator, change=change).version == change.version
    assert count() == before


@pytest.mark.django_db
def test_a_stale_change_is_reopened_on_the_head_of_now(operator, approver, cluster):
    waiting = make_submitted(operator, cluster, HTTPS)
    make_applied(make_submitted(operator, cluster, HTTP), approver)
    change = services.reopen_change(actor=operator, change=waiting)
    cluster.refresh_from_db()
    assert (change.state, change.base) == (Change.State.DRAFT, cluster.head)
    assert table_of(change) == table(HTTP, HTTPS)


@pytest.mark.django_db
def test_when_both_edited_a_service_it_stays_as_it_is(operator, approver, cluster):
    waiting = make_submitted(operator, cluster, make_service(80, "wlc"))
    make_applied(make_submitted(operator, cluster, HTTP), approver)
    before = count()
    with pytest.raises(Invalid, match="both changed"):
        services.reopen_change(actor=operator, change=waiting)
    waiting.refresh_from_db()
    assert waiting.state == Change.State.STALE
    assert waiting.plans.exists()
    assert count() == before


@pytest.mark.django_db
def test_only_a_draft_and_only_by_its_author(operator, admin, cluster, behind):
    with pytest.raises(PermissionDenied):
        services.rebase_change(actor=admin, change=behind)
    with pytest.raises(NotAllowed, match="it can't be rebased"):
        services.rebase_change(actor=operator, change=make_submitted(operator, cluster, *both()))


def both():
    return HTTP._replace(scheduler="wlc"), HTTPS
