"""Carrying a draft over to a newer head."""

import pytest
from django.core.exceptions import PermissionDenied

from apps.changes import services
from apps.changes.errors import Conflict, Invalid, NotAllowed
from apps.changes.models import Change
from apps.changes.selectors import merge_of, table_of
from lvs.canonical_form import make_table
from lvs.documents import table_to_document
from lvs.model import Table
from tests.factories import make_applied, make_draft, make_service, make_submitted, put
from tests.services.records import count, said

HTTP, HTTPS, DNS = make_service(80), make_service(443), make_service(53)


def table(*services):
    return make_table(services)


@pytest.fixture
def behind(operator, approver, cluster):
    """A draft that adds HTTPS, while HTTP became the head."""
    draft = make_draft(operator, cluster, HTTPS)
    make_applied(make_submitted(operator, cluster, HTTP), approver)
    draft.refresh_from_db()
    return draft


@pytest.mark.django_db
def test_a_draft_moves_to_the_head_of_now(operator, cluster, behind):
    change = services.rebase_change(actor=operator, change=behind, version=behind.version)
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
    assert services.rebase_change(actor=operator, change=change, version=1).version == 1
    assert count() == before


@pytest.mark.django_db
def test_a_stale_change_is_reopened_on_the_head_of_now(operator, approver, cluster):
    waiting = make_submitted(operator, cluster, HTTPS)
    make_applied(make_submitted(operator, cluster, HTTP), approver)
    change = services.reopen_change(actor=operator, change=waiting)
    cluster.refresh_from_db()
    assert (change.state, change.base) == (Change.State.DRAFT, cluster.head)
    assert table_of(change) == table(HTTP, HTTPS)


@pytest.fixture
def clashing(operator, approver, cluster):
    """A draft that sets the scheduler of HTTP and adds HTTPS, while the head set another one."""
    make_applied(make_submitted(operator, cluster, HTTP), approver)
    draft = make_draft(operator, cluster, make_service(80, "wlc"), HTTPS)
    make_applied(make_submitted(operator, cluster, make_service(80, "wrr")), approver)
    draft.refresh_from_db()
    return draft


def rebase(change, **choices):
    return services.rebase_change(
        actor=change.author, change=change, version=change.version, **choices
    )


@pytest.mark.django_db
def test_when_both_edited_a_field_nothing_is_stored_before_it_is_decided(clashing):
    before = count()
    with pytest.raises(Invalid, match="1 part is not decided yet") as refused:
        rebase(clashing)
    (clash,) = merge_of(clashing).clashes
    assert [problem.path for problem in refused.value.problems] == [(clash.key,)]
    clashing.refresh_from_db()
    assert clashing.base.number == 1
    assert count() == before


@pytest.mark.django_db
@pytest.mark.parametrize(("side", "scheduler"), [("theirs", "wrr"), ("mine", "wlc")])
def test_what_is_chosen_is_stored_and_recorded(side, scheduler, clashing, cluster):
    (clash,) = merge_of(clashing).clashes
    change = rebase(clashing, choices={clash.key: side})
    cluster.refresh_from_db()
    assert change.base == cluster.head
    assert table_of(change) == table(make_service(80, scheduler), HTTPS)
    _who, _name, before, after, _why, _number = said("change.rebased")
    assert after["chosen"] == {"tcp 192.168.49.134:80, scheduler, flags": side}
    changed = {"tcp 192.168.49.134:80": {"scheduler": "wrr"}}
    assert after.get("services", {}) == (changed if side == "theirs" else {})
    assert (before["base"], after["base"]) == (1, 2)


@pytest.mark.django_db
def test_a_choice_is_for_the_head_that_was_shown(operator, approver, cluster, clashing):
    (clash,) = merge_of(clashing).clashes
    shown = clashing.cluster.head_id
    make_applied(make_submitted(operator, cluster, make_service(53)), approver)
    with pytest.raises(Conflict, match="became the head meanwhile"):
        rebase(clashing, choices={clash.key: "mine"}, head=shown)
    clashing.refresh_from_db()
    assert clashing.base.number == 1
    (same,) = merge_of(clashing).clashes  # the choice still stands between the same values
    assert same.key == clash.key
    assert rebase(clashing, choices={clash.key: "mine"}).base.number == 3


@pytest.mark.django_db
def test_a_choice_is_for_the_draft_that_was_shown(clashing):
    (clash,) = merge_of(clashing).clashes
    version = clashing.version
    put(clashing, make_service(53))
    with pytest.raises(Conflict, match="in another window"):
        services.rebase_change(
            actor=clashing.author,
            change=clashing,
            version=version,
            choices={clash.key: "mine"},
        )


@pytest.mark.django_db
def test_a_draft_that_names_a_service_twice_is_mended_first(operator, clashing):
    document = table_to_document(Table((HTTP, HTTP)))
    Change.objects.filter(pk=clashing.pk).update(table=document)
    with pytest.raises(Invalid, match=r"tcp 192\.168\.49\.134:80 stands twice in this draft"):
        rebase(clashing)


@pytest.mark.django_db
def test_a_change_that_clashes_is_reopened_on_its_old_base(operator, approver, cluster):
    waiting = make_submitted(operator, cluster, make_service(80, "wlc"))
    make_applied(make_submitted(operator, cluster, HTTP), approver)
    change = services.reopen_change(actor=operator, change=waiting)
    assert (change.state, change.base) == (Change.State.DRAFT, None)
    assert table_of(change) == table(make_service(80, "wlc"))
    (clash,) = merge_of(change).clashes
    change = rebase(change, choices={clash.key: "mine"})
    assert services.submit_change(actor=operator, change=change).state == Change.State.IN_REVIEW


@pytest.mark.django_db
def test_only_a_draft_and_only_by_its_author(operator, admin, cluster, behind):
    with pytest.raises(PermissionDenied):
        services.rebase_change(actor=admin, change=behind, version=behind.version)
    submitted = make_submitted(operator, cluster, HTTP._replace(scheduler="wlc"), HTTPS)
    with pytest.raises(NotAllowed, match="it can't be edited"):
        rebase(submitted)
