"""A director's way into Redis: what its agent does, to its own keys, and nothing else."""

import time

import pytest
import redis
from celery import Celery
from redis.exceptions import NoPermissionError

from apps.trust import access
from lvs.agent.config import with_user
from lvs.agent.invitation import password_hash
from lvs.agent.link import append, connect
from lvs.agent.streams import TASK, queue_name, reports_stream, samples_stream
from tests.identities import config, voice
from tests.live.order_taker import DIRECTOR, worker_process
from tests.live.parts import eventually
from tests.live.test_agent_worker import taken

OTHER = "99999999-2222-3333-4444-555555555555"
ALWAYS = {"auth", "hello", "quit", "reset"}
"""What Redis lets every connection do: they have its flag `no_auth`."""


@pytest.fixture
def owner(redis_url):
    """Redis as the console sees it; users that a test made are gone after it."""
    with redis.Redis.from_url(redis_url, protocol=2) as client:
        yield client
        for user in client.acl_users():
            if user.startswith(access.USER_PREFIX):
                client.acl_deluser(user)
        client.acl_log_reset()


def admitted(owner, redis_url, *, invited=False):
    """The address of Redis for a director, or for a host that is invited."""
    rules = access.invited_rules if invited else access.director_rules
    user = access.user_of(DIRECTOR, invited=invited)
    owner.execute_command("ACL SETUSER", user, *rules(DIRECTOR, password_hash("secret")))
    return with_user(redis_url, user, "secret")


def commands(owner):
    """Every command of this Redis, subcommands too, with words enough for its arity."""
    for name, info in owner.execute_command("COMMAND").items():
        subcommands = info.get("subcommands") or []
        for sub in subcommands:
            yield sub[0].decode().replace("|", " "), abs(sub[1]) - 2
        if not subcommands:
            yield name, abs(info["arity"]) - 1


def refused(client, words):
    try:
        client.execute_command(*words)
    except NoPermissionError:
        return True
    except redis.ResponseError:
        return False  # it may be done, only not like this
    return False


@pytest.mark.parametrize("invited", [False, True])
def test_every_other_command_is_refused(owner, redis_url, invited):
    rules = (access.invited_rules if invited else access.director_rules)(DIRECTOR, "0" * 64)
    granted = {word[1:].replace("|", " ") for word in rules if word.startswith("+")}
    key = access.keys_of(DIRECTOR)[0]
    allowed = []
    with redis.Redis.from_url(admitted(owner, redis_url, invited=invited)) as client:
        asked = [(name, count) for name, count in commands(owner) if name not in granted | ALWAYS]
        assert len(asked) > 200
        for name, count in asked:
            words = [*name.upper().split(), *[key] * count]
            if not refused(client, words):
                allowed.append(words)
    # Some are switched off for everybody before rights are looked at: what the rights alone say.
    user = access.user_of(DIRECTOR, invited=invited)
    said = [owner.execute_command("ACL DRYRUN", user, *words) for words in allowed]
    assert [words for words, text in zip(allowed, said, strict=True) if text == b"OK"] == []


@pytest.mark.parametrize(
    "words",
    [
        ("XADD", reports_stream(OTHER), "*", "m", "x"),
        ("XADD", samples_stream(OTHER), "*", "m", "x"),
        ("XADD", f"lvs:{DIRECTOR}:enrol", "*", "m", "x"),
        ("SET", f"lvs:{DIRECTOR}:enrolled", "x"),
        ("BRPOP", queue_name(OTHER), "1"),
        ("BRPOP", "console", "1"),
        ("LLEN", queue_name(OTHER)),
        ("SADD", f"_kombu.binding.{queue_name(OTHER)}", "x"),
        ("GET", "lvs:channels"),
        ("DEL", "console"),
        ("EVALSHA", "0" * 40, "1", "console"),
    ],
)
def test_what_is_not_its_own_is_out_of_reach(owner, redis_url, words):
    with (
        redis.Redis.from_url(admitted(owner, redis_url)) as client,
        pytest.raises(NoPermissionError),
    ):
        client.execute_command(*words)


def test_the_agent_does_all_of_its_work_within(owner, redis_url):
    url = admitted(owner, redis_url)
    with worker_process(url) as worker, Celery(broker=redis_url, set_as_current=False) as console:
        console.send_task(TASK, args=["an order"], queue=queue_name(DIRECTOR))
        assert taken(worker, within=15) == "an order\n"
    with connect(config(DIRECTOR, url).redis, timeout=2) as client:
        for stream, key in (
            ("report", reports_stream(DIRECTOR)),
            ("sample", samples_stream(DIRECTOR)),
        ):
            append(client, key, voice(stream, DIRECTOR).entry({"a": 1}), 100, exact=False)
    assert owner.acl_log() == []


def test_it_outlives_a_redis_that_forgot_its_user(owner, redis_url):
    url = admitted(owner, redis_url)
    with worker_process(url) as worker, Celery(broker=redis_url, set_as_current=False) as console:
        console.send_task(TASK, args=["first"], queue=queue_name(DIRECTOR))
        assert taken(worker, within=15) == "first\n"
        owner.acl_deluser(access.user_of(DIRECTOR, invited=False))
        time.sleep(1.5)
        admitted(owner, redis_url)
        console.send_task(TASK, args=["second"], queue=queue_name(DIRECTOR))
        assert taken(worker, within=15) == "second\n"


def test_a_user_that_goes_loses_its_connections(owner, redis_url):
    with redis.Redis.from_url(admitted(owner, redis_url)) as client:
        client.ping()
        owner.acl_deluser(access.user_of(DIRECTOR, invited=False))
        with pytest.raises(redis.ConnectionError):
            eventually(lambda: client.connection_pool is None or not client.ping(), within=2)
