"""Whether directors are fit, as pages say it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.changes.selectors import table_of
from apps.changes.services import put_service
from apps.jobs.models import Errand
from tests.factories import make_draft, make_service
from tests.web.conftest import browser, text_of
from tests.web.test_errands import answer, director

__all__ = ["director"]

pytestmark = pytest.mark.django_db


def finding(level, **fields):
    values = {
        "code": "forwarding.v4",
        "subject": "ip_forward",
        "title": "The host forwards no IPv4",
        "why": "Masqueraded packets would be dropped.",
        "mend": "sysctl -w net.ipv4.ip_forward=1",
    }
    return {"level": level} | values | fields


def examined(*findings):
    levels = [found["level"] for found in findings]
    return {
        "host": "lb-1.example.net",
        "kernel": "6.1.0",
        "fit": "wrong" not in levels,
        "counts": {name: levels.count(name) for name in ("wrong", "warning", "unknown", "ok")},
        "findings": list(findings),
        "real_servers": [
            {
                "servers": ["192.168.1.103"],
                "ways": ["masquerade"],
                "commands": ["ip route replace default via 192.168.1.105"],
                "notes": ["Clients in its own network can't use the service."],
            }
        ],
    }


def test_what_is_wrong_stands_first_with_the_command_that_mends_it(operator, director):
    client = browser(operator)
    location = client.post(f"/directors/{director.uuid}/fitness/")["Location"]
    answer(Errand.objects.get(), examined(finding("ok", title="All well"), finding("wrong")))
    page = text_of(client.get(location))
    assert "lb-1 is not fit" in page
    assert "Host lb-1.example.net, Linux 6.1.0" in page
    assert "sysctl -w net.ipv4.ip_forward=1" in page
    assert page.index("The host forwards no IPv4") < page.index("All well")
    assert "ip route replace default via 192.168.1.105" in page


def test_a_level_that_the_console_does_not_know_hides_no_finding(operator, director):
    client = browser(operator)
    location = client.post(f"/directors/{director.uuid}/fitness/")["Location"]
    answer(Errand.objects.get(), examined(finding("ok")) | {"findings": [finding("grave")]})
    assert "Not known 1 The host forwards no IPv4" in text_of(client.get(location))


def test_a_finding_that_stands_for_others_counts_as_many(operator, director):
    client = browser(operator)
    location = client.post(f"/directors/{director.uuid}/fitness/")["Location"]
    rest = finding("ok", title="Others like it", subject="950 more") | {"count": 950}
    answer(Errand.objects.get(), examined(finding("ok"), rest))
    page = text_of(client.get(location))
    assert "In order (951)" in page
    assert "Others like it 950 more" in page


def test_each_director_of_a_change_is_asked_with_its_table(operator, cluster):
    change = make_draft(operator, cluster, make_service())
    client = browser(operator)
    response = client.post(f"/changes/{change.pk}/fitness/")
    assert response["Location"] == f"/changes/{change.pk}/fitness/"
    errand = Errand.objects.get()
    assert errand.director == cluster.directors.get()
    digest = table_of(change).digest
    assert errand.arguments == {"change": change.pk, "digest": digest, "table": change.table}
    assert "Asking" in text_of(client.get(response["Location"]))


@pytest.mark.parametrize(
    ("findings", "verdict"),
    [
        ((finding("ok"),), ("0 wrong, 0 to look at, 0 not known", " Fit")),
        ((finding("warning"), finding("wrong")), ("1 wrong, 1 to look at", " Not fit")),
    ],
)
def test_the_directors_verdicts_stand_in_a_list(operator, cluster, findings, verdict):
    change = make_draft(operator, cluster, make_service())
    client = browser(operator)
    client.post(f"/changes/{change.pk}/fitness/")
    answer(Errand.objects.get(), examined(*findings))
    part = client.get(f"/changes/{change.pk}/fitness/", {"part": "rows"})
    assert all(words in text_of(part) for words in verdict)
    assert "Asked by Olga Berg" in text_of(part)
    assert "hx-get" not in part.content.decode()


def test_who_can_not_see_the_list_is_told_of_its_verdicts(operator, cluster):
    change = make_draft(operator, cluster, make_service())
    client = browser(operator)
    client.post(f"/changes/{change.pk}/fitness/")
    page = f"/changes/{change.pk}/fitness/"
    assert 'role="status" id="fitness-said"' in client.get(page).content.decode()
    answer(Errand.objects.get(), examined(finding("wrong")))
    told = f"{cluster.directors.get().name}: Not fit."
    assert told in text_of(client.get(page, {"part": "rows"}))
    assert told not in text_of(client.get(page))


def test_the_newest_question_counts(operator, cluster):
    change = make_draft(operator, cluster, make_service())
    client = browser(operator)
    for _ in range(2):
        client.post(f"/changes/{change.pk}/fitness/")
    answer(Errand.objects.earliest("pk"), examined(finding("wrong")))
    page = text_of(client.get(f"/changes/{change.pk}/fitness/"))
    assert "Not fit" not in page


def test_a_verdict_on_an_earlier_draft_is_no_verdict_on_this_one(operator, cluster):
    change = make_draft(operator, cluster, make_service())
    client = browser(operator)
    client.post(f"/changes/{change.pk}/fitness/")
    answer(Errand.objects.get(), examined(finding("ok")))
    put_service(
        actor=operator,
        change=change,
        version=change.version,
        old_key=None,
        service=make_service(port=443),
    )
    page = text_of(client.get(f"/changes/{change.pk}/fitness/"))
    assert "Outdated" in page
    assert "The draft was edited since it was asked" in page


def test_who_asked_for_a_change_stands_in_its_history(operator, cluster):
    change = make_draft(operator, cluster, make_service())
    client = browser(operator)
    client.post(f"/changes/{change.pk}/fitness/")
    assert "director.doctor_asked" in text_of(client.get(f"/audit/?change={change.pk}"))


def test_a_question_is_no_edit_that_a_conflict_would_name(operator, cluster):
    change = make_draft(operator, cluster, make_service())
    client = browser(operator)
    client.post(f"/changes/{change.pk}/fitness/")
    response = client.post(
        f"/changes/{change.pk}/settings/", {"version": "1", "sync-mode": "leave"}
    )
    assert response.status_code == 409
    assert "change.service_added" in text_of(response)
    assert "doctor_asked" not in text_of(response)


def test_a_verdict_of_another_shape_does_not_hide_the_others(operator, cluster):
    change = make_draft(operator, cluster, make_service())
    client = browser(operator)
    client.post(f"/changes/{change.pk}/fitness/")
    answer(Errand.objects.get(), {"counts": 3})
    page = client.get(f"/changes/{change.pk}/fitness/")
    assert page.status_code == 200
    assert "Its answer can't be read" in text_of(page)


def test_nobody_waits_for_a_fitness_that_never_comes(operator, cluster):
    change = make_draft(operator, cluster, make_service())
    client = browser(operator)
    client.post(f"/changes/{change.pk}/fitness/")
    Errand.objects.update(deadline=timezone.now() - timedelta(minutes=1))
    part = client.get(f"/changes/{change.pk}/fitness/", {"part": "rows"})
    assert "hx-get" not in part.content.decode()


def test_a_viewer_is_not_offered_the_fitness_of_a_change(viewer, operator, cluster):
    change = make_draft(operator, cluster, make_service())
    assert "/fitness/" not in browser(viewer).get(f"/changes/{change.pk}/").content.decode()
    assert browser(viewer).get(f"/changes/{change.pk}/fitness/").status_code == 403


def test_a_real_server_gets_a_script_that_checks_it(operator, director):
    client = browser(operator)
    location = client.post(f"/directors/{director.uuid}/fitness/")["Location"]
    answer(Errand.objects.get(), examined(finding("ok")))
    assert "192.168.1.103" in client.get(location).content.decode()
    response = client.post(f"{location}script/", {"address": "192.168.1.103"})
    asked_for = Errand.objects.latest("pk")
    assert (asked_for.kind, asked_for.arguments) == ("script", {"address": "192.168.1.103"})
    answer(asked_for, {"address": "192.168.1.103", "script": "#!/bin/sh\necho <all> is well\n"})
    page = client.get(response["Location"]).content.decode()
    assert "echo &lt;all&gt; is well" in page


def test_a_script_is_for_a_real_server_of_the_answer_only(operator, director):
    client = browser(operator)
    location = client.post(f"/directors/{director.uuid}/fitness/")["Location"]
    answer(Errand.objects.get(), examined(finding("ok")))
    assert client.post(f"{location}script/", {"address": "192.0.2.66"}).status_code == 404
    assert Errand.objects.count() == 1
