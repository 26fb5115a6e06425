"""What holds for every page."""

import re

import pytest

from apps.jobs.models import Errand
from apps.jobs.services import ask_director
from lvs.canonical_form import make_table
from lvs.settings import SyncDaemon, Timeouts
from tests.factories import (
    decide,
    make_applied,
    make_director,
    make_draft,
    make_service,
    make_submitted,
    make_token,
    observe,
)
from tests.telling import hook_to
from tests.web.conftest import browser, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def full_house(operator, approver, admin, cluster, signing_key):
    """Something of everything. Returns the addresses of all pages."""
    make_applied(make_submitted(operator, cluster), approver)
    review = make_submitted(operator, cluster, make_service(scheduler="wlc"))
    draft = make_draft(operator, cluster, make_service(port=443))
    decide(draft, timeouts=Timeouts(tcp=300), sync=(SyncDaemon("master", "eth0"),))
    director, drifting = make_director("lb-9"), cluster.directors.get()
    observe(drifting, make_table([make_service(servers=())]))
    hook, _ = hook_to("https://hooks.example.net/", admin, cluster)
    make_token(operator, "operator", cluster)
    make_token(admin, "viewer")
    errand = ask_director(actor=operator, director=director, kind=Errand.Kind.CONNECTIONS)
    return [
        "/",
        "/waiting/",
        "/clusters/",
        "/clusters/new/",
        "/clusters/web/",
        "/clusters/web/edit/",
        "/clusters/web/changes/new/",
        "/clusters/web/import/",
        "/clusters/web/export/",
        "/clusters/web/policy/",
        "/clusters/web/revisions/",
        "/clusters/web/revisions/1/",
        "/changes/",
        "/changes/?show=waiting",
        "/changes/?show=all&cluster=web",
        f"/changes/{review.pk}/",
        f"/changes/{draft.pk}/",
        f"/changes/{draft.pk}/edit/",
        f"/changes/{draft.pk}/fitness/",
        f"/changes/{draft.pk}/settings/",
        f"/changes/{draft.pk}/services/new/",
        f"/changes/{draft.pk}/services/tcp-192.168.49.134-443/",
        "/directors/",
        "/directors/new/",
        f"/directors/{director.uuid}/",
        f"/directors/{director.uuid}/connections/",
        f"/directors/{drifting.uuid}/drift/",
        f"/errands/{errand.pk}/",
        "/people/",
        "/people/new/",
        f"/people/{operator.pk}/",
        f"/people/{operator.pk}/second-factor/",
        f"/people/{operator.pk}/sign-on/",
        "/people/roles/",
        "/people/sign-on/",
        "/account/",
        "/account/password/",
        "/account/confirm/",
        "/account/second-factor/app/",
        "/account/second-factor/key/",
        "/audit/",
        "/hooks/",
        "/hooks/new/",
        f"/hooks/{hook.pk}/",
        "/account/notifications/",
        "/account/tokens/",
        "/account/tokens/new/",
    ]


def allowed(user, path):
    """What the roles of this test may not open."""
    if path.startswith("/account/"):
        return True
    if path.startswith(("/people", "/hooks")) or path == "/directors/new/":
        return user.username == "anna"
    if "services/" in path or "settings/" in path or re.search(r"changes/\d+/edit/$", path):
        return user.username == "olga"  # the author alone
    if path.endswith(("/fitness/", "/connections/")) or path.startswith("/errands"):
        return user.username not in ("vera", "aura")
    if path.endswith(("/new/", "/edit/", "/import/")):
        return user.username in ("anna", "olga")
    if path.startswith("/audit/"):
        return user.username != "vera"
    return True


@pytest.mark.parametrize("role", ["viewer", "operator", "approver", "auditor", "admin"])
def test_each_page_opens_for_those_who_may(full_house, role, request):
    user = request.getfixturevalue(role)
    client = browser(user)
    for path in full_house:
        assert client.get(path).status_code == (200 if allowed(user, path) else 403), path


def test_no_page_holds_what_the_content_policy_forbids(full_house, operator, admin):
    for user in (operator, admin):
        client = browser(user)
        for path in full_house:
            response = client.get(path)
            page = response.content.decode()
            assert not re.search(r"<script(?![^>]*(src=|application/json))", page), path
            assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", page), path
            assert "script-src 'self'" in response["Content-Security-Policy"]


def test_every_label_and_description_has_its_target(full_house, operator, admin):
    for path in full_house:
        client = browser(admin if path.startswith("/hooks") else operator)
        page = re.sub(r"<template.*?</template>", "", client.get(path).content.decode(), flags=re.S)
        ids = re.findall(r'\sid="([^"]+)"', page)
        assert len(ids) == len(set(ids)), path
        for wanted in re.findall(r'\sfor="([^"]+)"', page):
            assert wanted in ids, f"{path}: label for {wanted}"
        for described in re.findall(r'aria-describedby="([^"]+)"', page):
            for wanted in described.split():
                assert wanted in ids, f"{path}: description {wanted}"


def test_what_is_not_there_is_said_plainly(viewer):
    client = browser(viewer)
    for path in ("/nowhere/", "/clusters/nope/", "/changes/999/", "/changes/99999999999999999999/"):
        response = client.get(path)
        assert response.status_code == 404, path
        assert "There is nothing at this address" in text_of(response)


def test_a_refusal_says_which_role_it_needs(viewer):
    response = browser(viewer).get("/people/")
    assert response.status_code == 403
    assert "needs the role admin" in text_of(response)


def test_the_page_of_a_broken_console_needs_nothing(client, monkeypatch, viewer):
    def broken(*args, **kwargs):
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr("apps.web.views.home.overview", broken)
    client = browser(viewer)
    client.raise_request_exception = False
    response = client.get("/")
    assert response.status_code == 500
    assert "Your directors are not affected" in text_of(response)
