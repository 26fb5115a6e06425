"""Two workers keep the directors' Redis users side by side: nothing older is written over what is newer."""

import threading

import pytest
import redis
from django.db import connection

from apps.trust import access
from apps.trust.models import Identity
from apps.trust.services import access as keeping
from apps.trust.services import keep_access, revoke_director
from tests.factories import make_user
from tests.identities import enrolled

pytestmark = pytest.mark.django_db(transaction=True)
OLD, NEW = "a" * 64, "b" * 64
A_MOMENT = 0.4


@pytest.fixture
def director(redis_url):
    keeping._known.clear()
    director = enrolled(name="lb1")
    Identity.objects.update(password_hash=OLD)
    return director


@pytest.fixture
def client(redis_url, director):
    with redis.Redis.from_url(redis_url) as client:
        yield client
        client.execute_command("ACL DELUSER", name_of(director))


def name_of(director):
    return access.user_of(str(director.uuid), invited=False)


def passwords(client, director):
    """What Redis lets the director in with; None: it does not know it."""
    user = client.acl_getuser(name_of(director))
    return user and user["passwords"]


def meanwhile(monkeypatch, act):
    """The worker looks at who is wanted; before it goes on, somebody else acts."""
    real = keeping._wanted

    def look():
        seen = real()
        monkeypatch.setattr(keeping, "_wanted", real)
        act()
        return seen

    monkeypatch.setattr(keeping, "_wanted", look)


def test_a_director_enrolled_anew_meanwhile_keeps_its_new_password(director, client, monkeypatch):
    def enrol_anew():
        Identity.objects.update(password_hash=NEW)
        keeping.allow(client, director)

    meanwhile(monkeypatch, enrol_anew)
    keep_access()
    assert passwords(client, director) == [NEW]


def test_a_director_cut_off_meanwhile_stays_out(director, client, monkeypatch):
    def cut_off():
        Identity.objects.all().delete()
        keep_access()

    meanwhile(monkeypatch, cut_off)
    keep_access()
    assert passwords(client, director) is None


def test_who_is_cut_off_while_redis_is_written_goes_after_it(director, client, monkeypatch):
    real = keeping._set
    admin = make_user("admin")
    acts = []

    def cut_off():
        try:
            acts.append(revoke_director(actor=admin, director=director))
        finally:
            connection.close()

    def write(*arguments):
        monkeypatch.setattr(keeping, "_set", real)
        thread = threading.Thread(target=cut_off)
        thread.start()
        thread.join(A_MOMENT)
        assert not acts, "it did not wait"
        real(*arguments)
        acts.append(thread)

    monkeypatch.setattr(keeping, "_set", write)
    keep_access()
    acts[0].join(10)
    assert acts[1] is True
    keep_access()
    assert passwords(client, director) is None


def test_a_beat_that_changes_nothing_locks_nothing(director, client, monkeypatch):
    keep_access()
    monkeypatch.setattr(keeping, "_write", None)
    assert keep_access() == 0
