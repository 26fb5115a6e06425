"""A hand-typed ipvsadm on a real director, as the console's page shows it, and the way back."""

import re
import time

import pytest
from django.test import Client

from apps.changes.models import Change, Drift
from apps.inventory import models
from apps.inventory.services import add_director, create_cluster
from apps.jobs.services import approve_and_start, deliver_outbox
from apps.telemetry.models import DirectorStatus
from apps.trust.signing import create_signing_key, signing_key
from tests.factories import make_draft, make_user
from tests.identities import enrol
from tests.lab.director import UUID, table, wait_for
from tests.lab.test_agent import FIRST_RULES
from tests.live.parts import RunningRelay

pytestmark = pytest.mark.django_db(transaction=True)

PROMISED = 30.0
"""Seconds from a command typed on a director to the page that shows it."""
PAGE = f"/directors/{UUID}/drift/"


@pytest.fixture
def console(director, redis_url, settings, tmp_path):
    """The console that this director obeys, with its relay."""
    settings.SIGNING_KEY_FILE = tmp_path / "signing.key"
    create_signing_key()
    was, director.key = director.key, signing_key()
    director.configure(redis_url)
    enrolled = add_director(actor=None, name="lvs-1")
    models.Director.objects.filter(pk=enrolled.pk).update(uuid=UUID)
    enrolled.uuid = UUID
    enrol(enrolled)
    with RunningRelay():
        director.launch()
        wait_for(lambda: DirectorStatus.objects.exclude(observed=None).exists(), "a first table")
        yield director
        director.kill()
    director.key = was
    director.configure(redis_url)


def browser(user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def applied(change, approver):
    """Approve the change, deliver its orders, wait for its end."""
    approve_and_start(actor=approver, change=change, digest=change.digest)
    ended = Change.objects.filter(pk=change.pk, state="applied")
    wait_for(lambda: deliver_outbox() * 0 or ended.exists(), f"the end of {change}")


def lines(page):
    """What | in the head | in the kernel."""
    cells = re.findall(
        r"<tr>\s*<td>(.*?)</td>\s*<td[^>]*>(.*?)</td>\s*<td[^>]*>(.*?)</td>", page.text
    )
    return [tuple(cell.strip() for cell in row) for row in cells]


def test_a_hand_typed_edit_is_shown_field_by_field_and_put_back(console):
    operator, approver = make_user("operator"), make_user("approver")
    directors = models.Director.objects.all()
    cluster = create_cluster(actor=make_user("admin"), name="web", directors=directors)
    draft = make_draft(operator, cluster, *table().services)
    client = browser(operator)
    submit(client, draft)
    draft.refresh_from_db()
    applied(draft, approver)
    assert console.rules() == FIRST_RULES
    assert "lvs-1 holds revision 1." in client.get(PAGE).text

    where = ("-t", "192.168.49.134:80", "-r", "192.168.1.103:80")
    console.ipvsadm("-e", *where, "-m", "-w", "0")
    typed = time.monotonic()
    wait_for(lambda: lines(client.get(PAGE)), "the drift")
    took = time.monotonic() - typed
    print(f"shown {took:.1f} s after it was typed")
    assert took < PROMISED
    page = client.get(PAGE)
    assert lines(page) == [("Real server 192.168.1.103:80: weight", "1", "0")]

    digest = re.search(r'name="digest"\s+value="([0-9a-f]{64})"', page.text)[1]
    data = {"digest": digest, "revert-reason": "Nobody knows why"}
    assert client.post(f"{PAGE}revert/", data).status_code == 302
    applied(Change.objects.get(state="in_review"), approver)
    assert console.rules() == FIRST_RULES
    assert Drift.objects.get().ending == Drift.Ending.REVERTED
    assert "lvs-1 holds revision 2." in client.get(PAGE).text


def submit(client, draft):
    """As a person does, by the draft's page."""
    address = f"/changes/{draft.pk}/submit/"
    assert client.post(address, {"version": draft.version}).status_code == 302
