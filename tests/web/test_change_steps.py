"""Plans and runs with more steps than a page shows at once, and runs that don't come along."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.jobs.models import Outbox, Run
from apps.jobs.services import approve_and_start, store_refused, store_run_finished
from apps.telemetry.models import DirectorStatus, RelayStatus
from lvs.agent import streams
from lvs.model import RealServer
from tests.factories import make_service, make_submitted
from tests.web.conftest import browser, text_of

pytestmark = pytest.mark.django_db

MANY = 450
"""Real servers: with the service itself, steps for three parts of a page."""


@pytest.fixture
def change(operator, cluster):
    servers = [RealServer(f"10.1.{n // 200}.{n % 200 + 1}", 80) for n in range(MANY)]
    return make_submitted(operator, cluster, make_service(servers=servers))


@pytest.fixture
def run(operator, approver, cluster):
    change = make_submitted(operator, cluster)
    approve_and_start(actor=approver, change=change, digest=change.digest)
    return Run.objects.get(change=change)


def further(response):
    """The addresses that the buttons for more steps ask."""
    return [a.replace("&amp;", "&") for a in re.findall(r'hx-get="([^"]+)"', response.text)]


def commands(response):
    return re.findall(r"<code>(ipvsadm [^<]+)</code>", response.text)


def test_every_step_of_a_large_plan_can_be_read_before_it_is_approved(approver, change):
    client = browser(approver)
    part = client.get(f"/changes/{change.pk}/?part=body")
    seen = commands(part)
    following = [address for address in further(part) if "part=plan" in address]
    while following:
        part = client.get(following[0])
        seen += commands(part)
        following = further(part)
    assert len(seen) == len(set(seen)) == MANY + 1
    assert seen[-1].split()[5] == f"10.1.{(MANY - 1) // 200}.{(MANY - 1) % 200 + 1}:80"


def test_a_plan_says_how_many_steps_are_left(approver, change):
    page = text_of(browser(approver).get(f"/changes/{change.pk}/"))
    assert f"Show the next steps: {MANY + 1 - 200} of {MANY + 1} are left" in page


@pytest.mark.parametrize(
    "query", ["part=plan&number=7", "part=plan&first=99999", "part=run&run=99", "part=run&run=x"]
)
def test_steps_that_there_are_not_are_not_found(approver, change, query):
    assert browser(approver).get(f"/changes/{change.pk}/?{query}").status_code == 404


def finished(run, steps):
    reports = [
        {"text": f"Step {n}", "command": f"ipvsadm {n}", "state": "done", "error": ""}
        for n in range(steps)
    ]
    message = streams.run_finished(
        str(run.director.uuid),
        1.0,
        run=run.pk,
        revision=1,
        state="verified",
        digest=run.change.digest,
        steps=reports,
    )
    store_run_finished(director=run.director, message=message)


def test_the_steps_of_a_run_that_are_not_shown_can_be_asked_for(viewer, run):
    finished(run, 450)
    client = browser(viewer)
    part = client.get(f"/changes/{run.change_id}/?part=runs")
    seen = commands(part)
    following = [address for address in further(part) if "end=" in address]
    while following:
        part = client.get(following[0])
        seen = commands(part) + seen
        following = [address for address in further(part) if "end=" in address]
    assert seen == [f"ipvsadm {n}" for n in range(450)]


def test_a_run_shows_why_its_order_was_refused(viewer, run):
    message = streams.refused(str(run.director.uuid), 1.0, what="order", reason="it has expired")
    store_refused(director=run.director, message=message)
    page = text_of(browser(viewer).get(f"/changes/{run.change_id}/?part=runs"))
    assert f"{run.director.name} refused the order: it has expired." in page
    assert "It is tried again until" in page


def test_a_run_shows_why_its_order_is_not_sent(viewer, run):
    Outbox.objects.filter(run=run).update(last_error="Not sent yet: There is no signing key")
    page = text_of(browser(viewer).get(f"/changes/{run.change_id}/?part=runs"))
    assert "Not sent yet: There is no signing key." in page


def test_an_open_run_says_that_its_director_fell_silent(viewer, run):
    long_ago = timezone.now() - timedelta(seconds=300)
    RelayStatus.objects.create(name="r", listening_since=long_ago, last_read=timezone.now())
    DirectorStatus.objects.filter(director=run.director).update(last_seen=long_ago)
    page = text_of(browser(viewer).get(f"/changes/{run.change_id}/?part=runs"))
    assert "has gone silent" in page


def test_an_ended_run_does_not_speak_of_its_director(viewer, run):
    finished(run, 3)
    page = text_of(browser(viewer).get(f"/changes/{run.change_id}/?part=runs"))
    assert "3 of 3 steps done, read back and equal" in page
    assert "silent" not in page and "does not hear" not in page
