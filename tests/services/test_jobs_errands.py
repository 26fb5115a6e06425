"""What people ask of directors beside their tables."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from apps.audit.models import AuditRecord
from apps.jobs import selectors
from apps.jobs.models import Errand
from apps.jobs.services import ask_director, reap_errands, store_errand_answered
from lvs.agent import streams
from tests.factories import make_director
from tests.services.records import newest

pytestmark = pytest.mark.django_db

SERVICE = {"protocol": "tcp", "address": "192.168.49.134", "port": 80}


@pytest.fixture
def director():
    return make_director("lvs-1")


def asked(actor, director, kind=Errand.Kind.CONNECTIONS, arguments=None):
    return ask_director(actor=actor, director=director, kind=kind, arguments=arguments)


def answered(errand, director=None, answer=None, error=""):
    director = director or errand.director
    message = streams.errand_answered(
        str(director.uuid), 1.0, errand=errand.pk, answer=answer or {}, error=error
    )
    store_errand_answered(director=director, message=message)
    errand.refresh_from_db()
    return errand


def late(errand, **before):
    Errand.objects.filter(pk=errand.pk).update(
        deadline=timezone.now() - timedelta(seconds=2), **before
    )
    reap_errands()
    errand.refresh_from_db()
    return errand


def test_who_asked_what_is_recorded(operator, director):
    errand = asked(operator, director, arguments={"client": "203.0.113.9"})
    record = newest("director.connections_asked")
    assert (record.actor_name, record.object_name) == (operator.username, "lvs-1")
    assert record.after == {"errand": errand.pk, "client": "203.0.113.9"}


@pytest.mark.parametrize("kind", Errand.Kind)
def test_a_viewer_asks_nothing(viewer, director, kind):
    with pytest.raises(PermissionDenied):
        asked(viewer, director, kind)
    assert not Errand.objects.exists()


def test_an_approver_may_look_but_sets_no_counters_to_zero(approver, director):
    asked(approver, director)
    with pytest.raises(PermissionDenied):
        asked(approver, director, Errand.Kind.ZERO)


def test_the_answer_is_kept_with_the_question(operator, director):
    errand = answered(asked(operator, director), answer={"rows": []})
    assert (errand.state, errand.answer, errand.error) == ("answered", {"rows": []}, "")
    assert selectors.errand(operator, errand.pk) == errand


def test_a_director_that_can_not_do_it_says_why(operator, director):
    errand = answered(asked(operator, director), error="This kernel has no IPVS loaded.")
    assert (errand.state, errand.error) == ("failed", "This kernel has no IPVS loaded.")


def test_another_director_does_not_answer_for_it(operator, director):
    errand = answered(asked(operator, director), director=make_director(), answer={"rows": [1]})
    assert (errand.state, errand.answer) == ("waiting", {})


def test_a_second_answer_changes_nothing(operator, director):
    errand = answered(asked(operator, director), answer={"rows": [1]})
    assert answered(errand, answer={"rows": [2]}).answer == {"rows": [1]}


def test_an_answer_to_an_errand_that_never_was_is_passed_over(operator, director):
    message = streams.errand_answered(str(director.uuid), 1.0, errand=2**70, answer={})
    store_errand_answered(director=director, message=message)
    assert not Errand.objects.exists()


def test_silence_ends_it_as_lost(operator, director):
    errand = late(asked(operator, director), sent_at=timezone.now())
    assert errand.state == "lost"
    assert "lvs-1 gave no answer" in errand.error


def test_what_was_never_sent_is_told_apart_from_silence(operator, director):
    assert "nothing was asked" in late(asked(operator, director)).error


def test_an_answer_that_comes_too_late_is_passed_over(operator, director):
    errand = answered(late(asked(operator, director)), answer={"rows": [1]})
    assert (errand.state, errand.answer) == ("lost", {})


def test_old_answers_are_forgotten(operator, director):
    old, new = answered(asked(operator, director)), answered(asked(operator, director))
    Errand.objects.filter(pk=old.pk).update(asked_at=timezone.now() - timedelta(hours=13))
    reap_errands()
    assert list(Errand.objects.all()) == [new]


def test_what_became_of_counters_is_recorded_by_the_director(operator, director):
    answered(asked(operator, director, Errand.Kind.ZERO, {"service": SERVICE}))
    record = newest("director.zero_answered")
    assert (record.actor_name, record.after["service"]) == ("lvs-1", SERVICE)


def test_all_counters_are_not_recorded_as_those_of_none(operator, director):
    answered(asked(operator, director, Errand.Kind.ZERO, {"service": None}))
    assert newest("director.zero_asked").after["service"] == "all that are ours"
    assert newest("director.zero_answered").after["service"] == "all that are ours"


def test_a_question_leaves_one_record_only(operator, director):
    before = AuditRecord.objects.count()
    answered(asked(operator, director))
    assert AuditRecord.objects.count() == before + 1
