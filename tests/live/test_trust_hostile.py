"""What somebody with rights in a real Redis tries, and what must stay as it is."""

import time

import pytest
import redis

from apps.inventory.services import add_director
from apps.trust import access
from apps.trust.services import access as keeping
from apps.trust.services import keep_access
from lvs.agent.streams import queue_name, reports_stream
from tests.identities import enrol
from tests.live.order_taker import DIRECTOR, worker_process


def test_a_deep_message_does_not_end_the_agent(redis_url):
    with redis.Redis.from_url(redis_url) as client, worker_process(redis_url) as worker:
        time.sleep(4)
        client.lpush(queue_name(DIRECTOR), "[" * 100_000)
        time.sleep(4)
        assert worker.poll() is None, worker.poll()


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_looked_before_an_enrolment_removes_nobody(redis_url, monkeypatch):
    director = add_director(actor=None, name="lb1")
    with redis.Redis.from_url(redis_url) as client:
        real = keeping._wanted

        def slow():
            seen = real()
            monkeypatch.setattr(keeping, "_wanted", real)
            enrol(director)  # the other worker, meanwhile
            keeping.allow(client, director)
            client.lpush(queue_name(str(director.uuid)), "an order")
            client.xadd(reports_stream(str(director.uuid)), {"m": "run_finished"})
            return seen

        monkeypatch.setattr(keeping, "_wanted", slow)
        keeping.keep_access()
        users = client.acl_users()
        left = client.exists(queue_name(str(director.uuid)), reports_stream(str(director.uuid)))
        client.execute_command("ACL DELUSER", access.user_of(str(director.uuid), invited=False))
        assert access.user_of(str(director.uuid), invited=False) in users
        assert left == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("user", ["lvs-console", "lvs-monitoring"])
def test_users_that_the_operator_made_stay(redis_url, user):
    """docs/production.md: “The console's own user must be allowed to make users”. It may be called so."""
    with redis.Redis.from_url(redis_url) as client:
        client.execute_command("ACL SETUSER", user, "on", ">x", "~*", "&*", "+@all")
        keep_access()
        users = client.acl_users()
        client.execute_command("ACL DELUSER", user)
        assert user in users
