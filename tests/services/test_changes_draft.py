"""Working on a draft."""

import pytest
from django.core.exceptions import PermissionDenied

from apps.changes import services
from apps.changes.errors import ChangeError, Conflict, Invalid, NotAllowed
from apps.changes.models import Change
from apps.changes.selectors import table_of
from lvs.documents import service_to_document
from lvs.model import EMPTY
from tests.factories import (
    WEB1,
    WEB2,
    make_applied,
    make_draft,
    make_service,
    make_submitted,
    put,
)
from tests.services.records import count, said

pytestmark = pytest.mark.django_db


def codes(error):
    return [(problem.path, problem.code) for problem in error.value.problems]


def test_a_draft_of_a_new_cluster_starts_empty(operator, cluster):
    change = services.open_draft(actor=operator, cluster=cluster, title=" First ", reason=" Why ")
    assert (change.title, change.reason, change.author) == ("First", "Why", operator)
    assert (change.state, change.version, change.base) == (Change.State.DRAFT, 1, None)
    assert table_of(change) == EMPTY
    after = {"title": "First", "cluster": "web", "base": None}
    name = f"change #{change.pk} First"
    assert said("change.opened") == ("olga", name, None, after, "Why", change.pk)


def test_a_later_draft_starts_from_the_head(operator, approver, cluster):
    make_applied(make_submitted(operator, cluster), approver)
    cluster.refresh_from_db()
    change = services.open_draft(actor=operator, cluster=cluster, title="Next")
    assert change.base == cluster.head
    assert table_of(change).services == (make_service(),)


@pytest.mark.parametrize(
    ("title", "code"),
    [
        (" ", "title.missing"),
        ("x" * 121, "title.long"),
        ("a\nb", "title.lines"),
        ("a\u2028b", "title.lines"),
    ],
)
def test_a_draft_needs_a_title_that_fits(title, code, operator, cluster):
    with pytest.raises(Invalid) as refused:
        services.open_draft(actor=operator, cluster=cluster, title=title)
    assert codes(refused) == [(("title",), code)]
    assert not Change.objects.exists()


def test_a_service_is_added(operator, cluster):
    change = put(make_draft(operator, cluster), make_service())
    assert table_of(change).services == (make_service(),)
    assert change.version == 2
    who, _name, before, after, why, number = said("change.service_added")
    assert (who, why, number) == ("olga", "Launch day", change.pk)
    assert (before, after) == (None, service_to_document(make_service()))


def test_a_service_is_stored_in_its_canonical_form(operator, cluster):
    change = put(
        make_draft(operator, cluster),
        make_service(address=" 192.168.49.134 ", servers=(WEB2, WEB1)),
    )
    assert table_of(change).services == (make_service(servers=(WEB1, WEB2)),)


def test_a_service_is_edited_and_only_it_is_recorded(operator, cluster):
    change = make_draft(operator, cluster, make_service(80), make_service(443))
    services.put_service(
        actor=operator,
        change=change,
        version=change.version,
        old_key=make_service(80).key,
        service=make_service(80, scheduler="wlc"),
    )
    _who, _name, before, after, _why, _number = said("change.service_edited")
    assert (before["scheduler"], after["scheduler"]) == ("rr", "wlc")
    change.refresh_from_db()
    assert [s.scheduler for s in table_of(change).services] == ["wlc", "rr"]


def test_a_service_can_move_to_another_port(operator, cluster):
    change = make_draft(operator, cluster, make_service(80))
    change = services.put_service(
        actor=operator,
        change=change,
        version=change.version,
        old_key=make_service(80).key,
        service=make_service(8080),
    )
    assert [s.port for s in table_of(change).services] == [8080]


def test_the_same_service_again_is_no_edit(operator, cluster):
    change = make_draft(operator, cluster, make_service())
    before = count()
    assert put(change, make_service()).version == change.version
    assert count() == before


@pytest.mark.parametrize(
    ("service", "path"),
    [
        (make_service(address="192.168.49.400"), ("address",)),
        (make_service(port=0), ("port",)),
        (make_service(port=70000), ("port",)),
        (make_service(servers=(WEB1._replace(weight=-1),)), ("real_servers", 0, "weight")),
        (
            make_service(servers=(WEB1._replace(upper_threshold=5, lower_threshold=9),)),
            ("real_servers", 0, "lower_threshold"),
        ),
        (make_service(scheduler="nosuch"), ("scheduler",)),
    ],
)
def test_each_problem_is_named_beside_its_field(service, path, operator, cluster):
    change = make_draft(operator, cluster, make_service(443))
    with pytest.raises(Invalid) as refused:
        put(change, service)
    assert path in [problem.path for problem in refused.value.problems]
    assert str(refused.value)
    change.refresh_from_db()
    assert table_of(change).services == (make_service(443),)


def test_the_same_service_twice_is_refused(operator, cluster):
    change = make_draft(operator, cluster, make_service(80), make_service(443))
    for old_key in (None, make_service(443).key):
        with pytest.raises(Invalid) as refused:
            services.put_service(
                actor=operator,
                change=change,
                version=change.version,
                old_key=old_key,
                service=make_service(80),
            )
        assert codes(refused) == [(("address",), "service.doubled")]


def test_all_problems_come_at_once(operator, cluster):
    with pytest.raises(Invalid) as refused:
        put(make_draft(operator, cluster), make_service(port=70000, scheduler="nosuch"))
    assert {path for path, _code in codes(refused)} == {("port",), ("scheduler",)}


def test_a_service_is_removed(operator, cluster):
    change = make_draft(operator, cluster, make_service(80), make_service(443))
    change = services.remove_service(
        actor=operator, change=change, version=change.version, key=make_service(80).key
    )
    assert [s.port for s in table_of(change).services] == [443]
    _who, _name, before, after, _why, number = said("change.service_removed")
    assert (before["port"], after, number) == (80, None, change.pk)


def test_title_and_reason_are_edited(operator, cluster):
    change = make_draft(operator, cluster)
    change = services.edit_details(
        actor=operator, change=change, version=1, title="Balance it", reason="Launch day"
    )
    assert (change.title, change.version) == ("Balance it", 2)
    who, _name, before, after, why, number = said("change.edited")
    assert (before, after) == ({"title": "Balance the web"}, {"title": "Balance it"})
    assert (who, why, number) == ("olga", "Launch day", change.pk)


def edits(actor, change, version):
    """Every edit of a draft that holds the service on port 80."""
    of = {"actor": actor, "change": change, "version": version}
    key = make_service(80).key
    return [
        lambda: services.edit_details(**of, title="X", reason="Y"),
        lambda: services.put_service(**of, old_key=None, service=make_service(81)),
        lambda: services.put_service(**of, old_key=key, service=make_service(80, "wlc")),
        lambda: services.remove_service(**of, key=key),
    ]


@pytest.mark.parametrize("number", range(4))
def test_an_edit_of_an_old_version_is_refused(number, operator, cluster):
    change = make_draft(operator, cluster, make_service(80), make_service(443))
    before = count()
    with pytest.raises(Conflict, match="in another window meanwhile"):
        edits(operator, change, change.version - 1)[number]()
    assert count() == before


@pytest.mark.parametrize("number", range(4))
def test_only_a_draft_is_edited(number, operator, cluster):
    change = make_submitted(operator, cluster)
    before = count()
    with pytest.raises(NotAllowed, match="is in review: it can't be edited"):
        edits(operator, change, change.version)[number]()
    assert count() == before


@pytest.mark.parametrize("role", ["viewer", "approver", "admin"])
@pytest.mark.parametrize("number", range(4))
def test_nobody_but_its_author_edits_a_draft(number, role, request, operator, cluster):
    change = make_draft(operator, cluster, make_service(80))
    actor = request.getfixturevalue(role)
    before = count()
    with pytest.raises(PermissionDenied):
        edits(actor, change, change.version)[number]()
    assert count() == before


def test_a_service_that_is_gone_can_not_be_edited_or_removed(operator, cluster):
    change = make_draft(operator, cluster, make_service(80))
    gone = make_service(443)
    of = {"actor": operator, "change": change, "version": change.version}
    with pytest.raises(Conflict, match=r"tcp 192\.168\.49\.134:443 is no longer in the draft"):
        services.put_service(**of, old_key=gone.key, service=gone)
    with pytest.raises(Conflict, match="no longer in the draft"):
        services.remove_service(**of, key=gone.key)


@pytest.mark.parametrize("role", ["viewer", "approver"])
def test_only_operators_open_drafts(role, request, cluster):
    with pytest.raises(PermissionDenied, match="role operator"):
        make_draft(request.getfixturevalue(role), cluster)


def test_every_refusal_has_the_same_base_and_a_sentence():
    for refusal in (Conflict, NotAllowed):
        assert issubclass(refusal, ChangeError)
        assert str(refusal("A sentence.")) == "A sentence."
