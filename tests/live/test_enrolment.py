"""A host becomes a director through a real Redis, and is cut off again."""

import json
import threading
import tomllib
from contextlib import suppress

import pytest
import redis

from apps.audit.models import AuditRecord
from apps.inventory.services import add_director
from apps.trust import access
from apps.trust.models import CutOff, Identity, Invitation
from apps.trust.services import access as keeping
from apps.trust.services import (
    answer_enrolments,
    invite_director,
    keep_access,
    revoke_director,
    withdraw_invitation,
)
from apps.trust.signing import announce_next_key, believed_keys, create_signing_key
from lvs.agent import asking as module
from lvs.agent.config import load_config
from lvs.agent.enrol import EnrolFailed, enrol
from lvs.agent.invitation import ASKED, BadCode
from lvs.agent.invitation import Invitation as Code
from lvs.agent.sealing import seal_body
from lvs.agent.streams import enrolments_stream
from tests.factories import make_user
from tests.identities import enrol as enrol_known
from tests.live.parts import eventually

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def world(redis_url, settings, tmp_path, monkeypatch):
    settings.SIGNING_KEY_FILE = tmp_path / "console" / "signing.key"
    settings.DIRECTOR_REDIS_URL = redis_url
    create_signing_key()
    monkeypatch.setattr(module, "LOOK_EVERY", 0.05)
    monkeypatch.setattr(module, "ASK_EVERY", 0.3)
    keeping._known.clear()
    yield
    with redis.Redis.from_url(redis_url) as client:
        for user in client.acl_users():
            if user.startswith(access.USER_PREFIX):
                client.acl_deluser(user)


@pytest.fixture
def admin():
    return make_user("admin")


@pytest.fixture
def director():
    return add_director(actor=None, name="lb1")


def invited(director):
    """An open invitation that Redis knows of."""
    code = Code.from_code(invite_director(actor=None, director=director))
    keep_access()
    return code


def host(code, folder, timeout=5.0):
    """The host's side, while the console's worker looks now and then."""
    outcome = []

    def run():
        try:
            outcome.append(enrol(code, folder / "agent.toml", more={}, timeout=timeout))
        except EnrolFailed as failed:
            outcome.append(failed)

    thread = threading.Thread(target=run)
    folder.mkdir(exist_ok=True)
    thread.start()
    while thread.is_alive():
        answer_enrolments()
        thread.join(0.05)
    return outcome[0]


def acts(director):
    records = AuditRecord.objects.filter(object_type="director", object_id=str(director.pk))
    return list(records.order_by("pk").values_list("action", flat=True))


def test_a_host_with_the_code_becomes_the_director(director, tmp_path):
    assert host(invited(director), tmp_path / "a") == "lb1"
    config = load_config(tmp_path / "a" / "agent.toml")
    identity = Identity.objects.get(director=director)
    assert (config.director, config.name) == (str(director.uuid), "lb1")
    assert config.identity == identity.key_id
    assert len(config.console_keys) == 1
    assert (tmp_path / "a" / "agent.toml").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["agent.toml"]
    assert acts(director) == ["director.added", "director.invited", "director.enrolled"]


def overhear(monitor, seen):
    """Every command that Redis takes, until the connection is closed under us."""
    with suppress(redis.ConnectionError, OSError, ValueError):
        while True:
            seen.append(str(monitor.next_command()))


def test_no_secret_of_the_host_leaves_it(director, tmp_path, redis_url):
    code = invited(director)
    with redis.Redis.from_url(redis_url) as client, client.monitor() as monitor:
        seen = []
        threading.Thread(target=overhear, args=(monitor, seen), daemon=True).start()
        host(code, tmp_path / "a")
    config = tomllib.loads((tmp_path / "a" / "agent.toml").read_text())
    password = config["redis_url"].split(":")[2].split("@")[0]
    assert len(seen) > 5
    for secret in (config["director_key"], password):
        assert not [line for line in seen if secret in line]
    stored = json.dumps([*Identity.objects.values(), *Invitation.objects.values()], default=str)
    for secret in (config["director_key"], password, code.password, code.secret.hex()):
        assert secret not in stored


def test_it_learns_the_next_key_of_the_console_too(director, tmp_path):
    announce_next_key()
    host(invited(director), tmp_path / "a")
    assert len(load_config(tmp_path / "a" / "agent.toml").console_keys) == len(believed_keys()) == 2


def test_a_code_is_good_for_one_host(director, tmp_path):
    code = invited(director)
    host(code, tmp_path / "a")
    second = host(code, tmp_path / "b")
    assert "used already" in str(second)
    assert not (tmp_path / "b" / "agent.toml").exists()


def test_a_host_that_was_refused_keeps_nothing(director, tmp_path):
    code = invited(director)
    host(code, tmp_path / "a")
    host(code, tmp_path / "b")
    assert list((tmp_path / "b").iterdir()) == []


def test_what_another_host_was_told_does_not_stop_the_next_one(director, tmp_path):
    """The answer waits in Redis for two minutes."""
    code = invited(director)
    host(code, tmp_path / "a")
    assert "used already" in str(host(code, tmp_path / "b"))
    assert host(invited(director), tmp_path / "c") == "lb1"


def test_a_host_that_was_killed_before_the_answer_goes_on(director, tmp_path):
    code = invited(director)
    (tmp_path / "a").mkdir()
    with pytest.raises(EnrolFailed, match="did not answer"):
        enrol(code, tmp_path / "a" / "agent.toml", more={}, timeout=0.2)
    answer_enrolments()  # enrolled, and the host does not know it
    assert host(code, tmp_path / "a") == "lb1"


def test_a_code_that_is_too_old_is_refused(director, tmp_path):
    code = invited(director)
    Invitation.objects.update(expires_at="2020-01-01T00:00Z")
    keep_access()
    assert "does not know this invitation" in str(host(code, tmp_path / "a", timeout=1))
    assert not Identity.objects.exists()


def test_a_withdrawn_code_is_refused(director, admin, tmp_path):
    code = invited(director)
    assert withdraw_invitation(actor=admin, director=director)
    keep_access()
    assert "does not know this invitation" in str(host(code, tmp_path / "a", timeout=1))
    assert acts(director)[-1] == "director.invitation_withdrawn"


def test_a_forged_request_enrols_nobody_and_is_recorded(director, redis_url):
    code = invited(director)
    forger = Code.make(code.director, code.console_key, code.redis_url)
    with redis.Redis.from_url(redis_url) as client:
        for text in (seal_body(ASKED, {"schema": 1}, forger.key), "nonsense", "x" * 10_000):
            client.xadd(enrolments_stream(code.director), {"m": text})
    answer_enrolments()
    assert not Identity.objects.exists()
    assert acts(director).count("director.enrolment_refused") >= 1


def test_an_answer_that_is_not_the_consoles_is_refused(director, redis_url, tmp_path):
    code = invited(director)
    stranger = Code.make(code.director, code.console_key, code.redis_url)
    with redis.Redis.from_url(redis_url) as client:
        client.set(f"lvs:{code.director}:enrolled", seal_body("enrolled", {}, stranger.key))
    (tmp_path / "a").mkdir()
    with pytest.raises(EnrolFailed, match="not the console's"):
        enrol(code, tmp_path / "a" / "agent.toml", more={}, timeout=2)


def test_enrolled_anew_it_is_another_one(director, tmp_path, redis_url):
    host(invited(director), tmp_path / "a")
    before = load_config(tmp_path / "a" / "agent.toml")
    with redis.Redis.from_url(before.redis.url) as old:
        old.ping()
        host(invited(director), tmp_path / "b")
        after = load_config(tmp_path / "b" / "agent.toml")
        assert before.identity != after.identity
        with pytest.raises(redis.ConnectionError):
            eventually(lambda: not old.ping(), within=2)


def test_a_revoked_director_is_out_at_once(director, admin, tmp_path):
    host(invited(director), tmp_path / "a")
    config = load_config(tmp_path / "a" / "agent.toml")
    with redis.Redis.from_url(config.redis.url) as client:
        client.ping()
        assert revoke_director(actor=admin, director=director, reason="stolen")
        keep_access()
        with pytest.raises(redis.ConnectionError):
            eventually(lambda: not client.ping(), within=2)
    assert acts(director)[-1] == "director.revoked"
    assert CutOff.objects.get().closed_at is not None


def test_without_redis_it_is_not_said_that_its_way_is_closed(director, admin, redis_server):
    enrol_known(director)
    revoke_director(actor=admin, director=director, reason="stolen")
    redis_server.stop()
    keep_access()
    assert CutOff.objects.get().closed_at is None
    redis_server.start()
    keep_access()
    assert CutOff.objects.get().closed_at is not None


def test_an_invitation_is_told_to_redis_by_the_worker(director):
    invited(director)
    Invitation.objects.update(told_at=None)
    keep_access()
    assert Invitation.objects.get().told_at is not None


def test_a_refused_host_is_recorded(director, tmp_path):
    code = invited(director)
    host(code, tmp_path / "a")
    assert "used already" in str(host(code, tmp_path / "b"))
    assert "director.enrolment_refused" in acts(director)


def test_what_a_revoked_director_left_in_redis_is_gone(director, admin, tmp_path, redis_url):
    host(invited(director), tmp_path / "a")
    with redis.Redis.from_url(redis_url) as client:
        client.lpush(director.queue, "an order")
        client.xadd(f"lvs:{director.uuid}:reports", {"m": "x"})
        revoke_director(actor=admin, director=director)
        keep_access()
        assert client.keys(f"*{director.uuid}*") == []


def test_redis_gets_its_users_again_after_it_lost_them(director, tmp_path, redis_url):
    host(invited(director), tmp_path / "a")
    config = load_config(tmp_path / "a" / "agent.toml")
    with redis.Redis.from_url(redis_url) as client:
        client.acl_deluser(access.user_of(str(director.uuid), invited=False))
    keep_access()
    with redis.Redis.from_url(config.redis.url) as client:
        assert client.ping()


def test_what_is_as_it_should_be_is_left_alone(director, tmp_path):
    host(invited(director), tmp_path / "a")
    keep_access()
    assert keep_access() == 0


def test_a_worker_that_starts_cuts_nobodys_connection(director, tmp_path, redis_url):
    host(invited(director), tmp_path / "a")
    config = load_config(tmp_path / "a" / "agent.toml")
    with redis.Redis.from_url(config.redis.url) as client, redis.Redis.from_url(redis_url) as owner:
        client.ping()
        keeping._known.clear()
        keep_access()
        user = access.user_of(str(director.uuid), invited=False)
        assert [one for one in owner.client_list() if one["user"] == user] != []


def test_users_of_others_are_left_alone(director, redis_url):
    with redis.Redis.from_url(redis_url) as client:
        client.execute_command("ACL SETUSER", "monitoring", "on", "nopass", "+ping")
        keep_access()
        assert "monitoring" in client.acl_users()
        client.acl_deluser("monitoring")


def test_a_redis_that_makes_no_users_is_said_beside_the_invitation(director, redis_url, settings):
    from lvs.agent.config import RedisLink, with_user

    with redis.Redis.from_url(redis_url) as client:
        client.execute_command("ACL SETUSER", "weak", "on", ">x", "~*", "+@all", "-acl")
        settings.REDIS = RedisLink(with_user(redis_url, "weak", "x"))
        invite_director(actor=None, director=director)
        keep_access()
        client.acl_deluser("weak")
    assert "no permissions" in Invitation.objects.get().error


def test_only_who_manages_directors_invites_and_revokes(director):
    from django.core.exceptions import PermissionDenied

    for role in ("viewer", "operator", "approver", "auditor"):
        for act in (invite_director, revoke_director):
            with pytest.raises(PermissionDenied):
                act(actor=make_user(role), director=director)


@pytest.mark.parametrize("text", ["", "x", "e30", "W10", "é", "A" * 500])
def test_what_is_no_code_is_said(text):
    with pytest.raises(BadCode, match="copy the command"):
        Code.from_code(text)


def test_what_was_announced_to_who_the_host_was_before_is_forgotten(director, tmp_path):
    """A damaged file of the console's keys, too: enrolling anew mends it."""
    (tmp_path / "a").mkdir()
    damaged = tmp_path / "a" / "console_keys.json"
    damaged.write_text("{not JSON")
    code = invited(director)
    threading.Timer(0.2, answer_enrolments).start()
    enrol(code, tmp_path / "a" / "agent.toml", more={"state_dir": str(tmp_path / "a")}, timeout=5)
    assert not damaged.exists()
