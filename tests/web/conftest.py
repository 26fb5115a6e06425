"""People of each role, with a browser that is signed in as one of them."""

import re
import time

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client

from apps.accounts import services
from apps.trust.signing import create_signing_key
from tests.audited import AUDITED, RECORD, Watch
from tests.factories import make_cluster, make_user
from tests.sign_on import Provider, know

BACKEND = "django.contrib.auth.backends.ModelBackend"


AUDITED_TABLES = {apps.get_model(label)._meta.db_table for label in AUDITED}
UNWATCHED = {"accounts_user", "accounts_apitoken"}
"""Signing in, and a program's coming in, note when it was: beside the records of what is done then."""
WRITING = ("POST", "PUT", "PATCH", "DELETE")


@pytest.fixture(autouse=True)
def every_write_is_recorded(monkeypatch):
    """Whatever a page wrote into an audited table, it wrote a record in the same request, too."""
    unrecorded = []
    send = Client.request

    def watched(client, **request):
        if request.get("REQUEST_METHOD") not in WRITING:
            return send(client, **request)
        watch = Watch()
        with connection.execute_wrapper(watch):
            response = send(client, **request)
        acts = watch.tables & AUDITED_TABLES - UNWATCHED
        if response.status_code < 400 and acts and RECORD not in watch.tables:
            unrecorded.append((request["PATH_INFO"], sorted(acts)))
        return response

    monkeypatch.setattr(Client, "request", watched)
    yield
    assert unrecorded == [], "a page wrote without a record"


@pytest.fixture
def viewer(db):
    return make_user("viewer", "vera")


@pytest.fixture
def operator(db):
    return make_user("operator", "olga", "Olga Berg")


@pytest.fixture
def approver(db):
    return make_user("approver", "adil", "Adil Khan")


@pytest.fixture
def auditor(db):
    return make_user("auditor", "aura")


@pytest.fixture
def admin(db):
    return make_user("admin", "anna", "Anna Stern")


@pytest.fixture
def cluster(db):
    return make_cluster("web")


@pytest.fixture
def signing_key(settings, tmp_path):
    settings.SIGNING_KEY_FILE = tmp_path / "signing.key"
    create_signing_key()


def browser(user):
    """A client in which the user has just signed in by password."""
    client = Client()
    client.force_login(user, backend=BACKEND)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client


def text_of(response):
    """The page as a person reads it: no tags, single spaces."""
    plain = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(plain.replace("&#x27;", "'").replace("&quot;", '"').split())


def error_beside(response, name):
    """The text in the error slot of a field."""
    found = re.search(
        rf'id="err-{re.escape(name)}"[^>]*>(.*?)</div>', response.content.decode(), re.S
    )
    assert found, f"the page has no error slot for {name}"
    return " ".join(found[1].split())


@pytest.fixture(scope="module")
def running():
    with Provider() as provider:
        yield provider


@pytest.fixture
def provider(running, settings, admin):
    """The provider that the console knows, whose group ops are operators here."""
    know(settings, running)
    services.add_mapping(actor=admin, group="ops", role="operator")
    running.expect("s-1", "nils", ["ops", "lunch"])
    return running
