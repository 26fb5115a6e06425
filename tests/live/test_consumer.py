"""The live socket: who may listen, what arrives, and what it survives."""

import asyncio
import json

import pytest
from asgiref.testing import ApplicationCommunicator
from channels.layers import get_channel_layer
from django.db import OperationalError, connection
from django.test import Client
from redis.exceptions import RedisError

from apps.accounts.services import ask_second_factor, end_sessions, set_active
from apps.telemetry import push
from apps.telemetry.live import store_frame
from apps.web import consumers, redis_watch
from lvsconsole.asgi import application
from lvsconsole.away import why_away
from tests.factories import make_cluster, make_draft, make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_url")]

ORIGIN = (b"origin", b"http://localhost")


@pytest.fixture
def cluster():
    return make_cluster("web")


@pytest.fixture
def viewer():
    return make_user("viewer", "vera")


def cookie_of(user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client, client.cookies["sessionid"].value


class Page:
    """A browser page's end of the socket, from `async with` to its end."""

    def __init__(self, session="", origin=ORIGIN):
        cookie = (b"cookie", f"sessionid={session}".encode())
        scope = {"type": "websocket", "path": "/ws/live/", "query_string": b""}
        scope |= {"headers": [cookie, origin], "subprotocols": []}
        self.socket = ApplicationCommunicator(application, scope)

    async def __aenter__(self):
        await self.socket.send_input({"type": "websocket.connect"})
        self.first = await self.socket.receive_output(10)
        return self

    async def __aexit__(self, *error):
        await self.socket.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.socket.wait(5)
        connection.close()  # each event loop has its own, and ends with the test

    async def next(self):
        output = await self.socket.receive_output(5)
        assert output["type"] == "websocket.send", output
        return json.loads(output["text"])

    async def say(self, message):
        await self.raw(text=json.dumps(message))

    async def raw(self, **data):
        await self.socket.send_input({"type": "websocket.receive", **data})

    async def subscribe(self, *topics):
        assert "hello" in await self.next()
        await asyncio.to_thread(push.drain, 5.0)  # what making the test's objects announced
        await self.say({"subscribe": list(topics)})
        assert await self.next() == {"subscribed": sorted(topics)}

    async def close_code(self, timeout=5):
        while True:
            output = await self.socket.receive_output(timeout)
            if output["type"] == "websocket.close":
                return output["code"]


async def elsewhere(act, *args, **how):
    """Somebody does something meanwhile, in a thread that leaves no connection to the database."""

    def work():
        try:
            act(*args, **how)
        finally:
            connection.close()

    await asyncio.to_thread(work)


async def tell(topic, kind="live.event", **fields):
    message = {"type": kind, "topic": topic, **fields}
    await get_channel_layer().group_send(f"live.{topic}", message)


def frame(seq, full=False, **rows):
    return {"director": "d1", "name": "lb-1", "seq": seq, "at": 1.0, "interval": 1.0} | {
        "full": full,
        "rows": rows,
        "removed": [],
    }


async def test_nobody_listens_without_signing_in():
    async with Page() as page:
        assert await page.close_code() == consumers.SIGNED_OUT


@pytest.mark.parametrize("session", [r'"\000"', r'"as-long-as-a-key\000"'])
async def test_a_cookie_with_a_null_character_is_no_session(session):
    """PostgreSQL would refuse to look for it."""
    async with Page(session) as page:
        assert await page.close_code() == consumers.SIGNED_OUT


async def test_somebody_without_a_role_may_not_listen(viewer):
    viewer.grants.all().delete()
    async with Page(cookie_of(viewer)[1]) as page:
        assert await page.close_code() == consumers.NO_RIGHT


async def test_a_page_of_another_site_is_refused(viewer):
    session = cookie_of(viewer)[1]
    async with Page(session, origin=(b"origin", b"http://evil.example")) as page:
        assert page.first["type"] == "websocket.close"


async def test_events_of_subscribed_topics_arrive(viewer, cluster):
    async with Page(cookie_of(viewer)[1]) as page:
        await page.subscribe(f"cluster.{cluster.pk}", "directors", "home")
        await tell("directors")
        assert await page.next() == {"event": "directors"}


async def test_a_new_subscription_takes_the_place_of_the_old(viewer):
    async with Page(cookie_of(viewer)[1]) as page:
        await page.subscribe("directors")
        await page.say({"subscribe": ["home"]})
        assert await page.next() == {"subscribed": ["home"]}
        await tell("directors")
        await tell("home")
        assert await page.next() == {"event": "home"}


async def test_frames_arrive_and_a_snapshot_comes_first(viewer, cluster, redis_server):
    import redis

    with redis.Redis(port=redis_server.port) as client:
        store_frame(client, cluster.pk, frame(7, full=True, a=[1]), entered=1.0)
    topic = f"samples.{cluster.pk}"
    async with Page(cookie_of(viewer)[1]) as page:
        await page.subscribe(topic)
        first = (await page.next())["frame"]
        assert (first["seq"], first["full"]) == (7, True)
        await tell(topic, "live.frame", frame=frame(8, a=[2]))
        assert (await page.next())["frame"]["rows"] == {"a": [2]}
        await page.say({"snapshot": topic})
        assert (await page.next())["frame"]["full"]


async def test_what_is_not_there_can_not_be_heard(viewer, cluster):
    async with Page(cookie_of(viewer)[1]) as page:
        assert "hello" in await page.next()
        await page.say({"subscribe": [f"samples.{cluster.pk + 1}"]})
        assert await page.close_code() == consumers.NO_RIGHT


async def test_a_change_that_is_there_can_be_heard(viewer, cluster):
    change = make_draft(make_user("operator"), cluster)
    async with Page(cookie_of(viewer)[1]) as page:
        await page.subscribe(f"change.{change.pk}")


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[]",
        "7",
        '{"subscribe": "home"}',
        '{"subscribe": ["../../etc"]}',
        '{"subscribe": [{"a": 1}]}',
        '{"subscribe": ["change.-1"]}',
        "[" * 3000,
    ],
)
async def test_malformed_frames_close_the_socket(viewer, text):
    async with Page(cookie_of(viewer)[1]) as page:
        assert "hello" in await page.next()
        await page.raw(text=text)
        assert await page.close_code() == consumers.MALFORMED


async def test_binary_and_huge_frames_close_the_socket(viewer):
    session = cookie_of(viewer)[1]
    async with Page(session) as page:
        await page.raw(bytes=b"\x00")
        assert await page.close_code() == consumers.MALFORMED
    async with Page(session) as page:
        await page.raw(text="x" * 5000)
        assert await page.close_code() == consumers.TOO_BIG


async def test_more_topics_than_a_page_has_are_refused(viewer, cluster):
    async with Page(cookie_of(viewer)[1]) as page:
        assert "hello" in await page.next()
        await page.say({"subscribe": [f"change.{n}" for n in range(1, 30)]})
        assert "at most 20" in (await page.next())["error"]


@pytest.mark.parametrize("wanted", [[], {}, 7, None])
async def test_a_snapshot_of_what_is_no_topic_is_refused(viewer, wanted):
    async with Page(cookie_of(viewer)[1]) as page:
        await page.subscribe("home")
        await page.say({"snapshot": wanted})
        assert "error" in await page.next()


async def test_a_database_that_is_away_at_the_recheck_closes_the_socket(viewer, monkeypatch):
    async def away(self):
        raise OperationalError("away")

    monkeypatch.setattr(consumers, "RECHECK", 0.2)
    monkeypatch.setattr(consumers.LiveConsumer, "_user_now", away)
    async with Page(cookie_of(viewer)[1]) as page:
        await page.subscribe("home")
        assert await page.close_code() == consumers.TRY_LATER


async def test_a_snapshot_of_another_topic_is_refused(viewer, cluster):
    async with Page(cookie_of(viewer)[1]) as page:
        await page.subscribe("home")
        await page.say({"snapshot": f"samples.{cluster.pk}"})
        assert "error" in await page.next()


async def test_signing_out_ends_the_socket(viewer, monkeypatch):
    monkeypatch.setattr(consumers, "RECHECK", 0.2)
    client, session = cookie_of(viewer)
    async with Page(session) as page:
        await page.subscribe("home")
        await elsewhere(client.post, "/sign-out/")
        assert await page.close_code() == consumers.SIGNED_OUT


async def test_a_person_who_is_switched_off_hears_no_more(viewer, monkeypatch):
    monkeypatch.setattr(consumers, "RECHECK", 0.2)
    admin = make_user("admin")
    async with Page(cookie_of(viewer)[1]) as page:
        await page.subscribe("home")
        await elsewhere(set_active, actor=admin, user=viewer, active=False)
        assert await page.close_code() == consumers.SIGNED_OUT


async def test_a_session_that_was_ended_elsewhere_hears_no_more(viewer, monkeypatch):
    assert consumers.RECHECK <= 30
    monkeypatch.setattr(consumers, "RECHECK", 0.2)
    client, session = cookie_of(viewer)
    await elsewhere(client.get, "/")  # the session is listed from here on
    async with Page(session) as page:
        await page.subscribe("home")
        await elsewhere(end_sessions, actor=make_user("admin"), user=viewer)
        assert await page.close_code() == consumers.SIGNED_OUT


async def test_who_lacks_the_second_factor_of_their_role_does_not_listen(viewer, monkeypatch):
    monkeypatch.setattr(consumers, "RECHECK", 0.2)
    admin, session = make_user("admin"), cookie_of(viewer)[1]
    async with Page(session) as page:
        await page.subscribe("home")
        await elsewhere(ask_second_factor, actor=admin, role="viewer", asked=True)
        assert await page.close_code() == consumers.NO_RIGHT
    async with Page(session) as page:
        assert await page.close_code() == consumers.NO_RIGHT


async def test_a_slow_browser_gets_the_newest_frame_of_each_director():
    consumer = consumers.LiveConsumer()
    consumer.topics, consumer.frames, consumer.something = {"samples.1"}, {}, asyncio.Event()
    for seq in range(1000):
        message = {"type": "live.frame", "topic": "samples.1", "frame": frame(seq)}
        await consumer.live_frame(message)
    assert [waiting["seq"] for waiting in consumer.frames.values()] == [999]


async def test_a_redis_that_restarts_makes_the_browser_come_again(
    viewer, monkeypatch, redis_server
):
    monkeypatch.setattr(consumers, "WATCH", 0.2)
    async with Page(cookie_of(viewer)[1]) as page:
        await page.subscribe("home")
        redis_server.stop()
        redis_server.start()
        assert await page.close_code(10) == consumers.TRY_LATER


async def test_a_connection_that_breaks_as_it_is_used_makes_the_browser_come_again(
    viewer, monkeypatch
):
    """As redis-py 8.1 tells it when another task has closed the connection: with AttributeError."""

    async def broken(group, channel):
        raise AttributeError("'NoneType' object has no attribute 'writelines'")

    _, session = cookie_of(viewer)
    async with Page(session) as page:
        monkeypatch.setattr(get_channel_layer(), "group_add", broken)
        assert "hello" in await page.next()
        await page.say({"subscribe": ["home"]})
        assert await page.close_code() == consumers.TRY_LATER


async def test_without_redis_the_browser_is_told_to_try_later(viewer, redis_server):
    session = cookie_of(viewer)[1]
    redis_server.stop()
    async with Page(session) as page:
        refused = page.first["type"] == "websocket.close"
        code = page.first["code"] if refused else await page.close_code(10)
        assert code == consumers.TRY_LATER


async def test_a_socket_closed_for_want_of_redis_says_why_in_the_log(viewer, redis_server, caplog):
    session = cookie_of(viewer)[1]
    redis_server.stop()
    async with Page(session) as page:
        if page.first["type"] != "websocket.close":
            await page.close_code(10)
    (closed,) = [record for record in caplog.records if record.name == consumers.__name__]
    assert closed.getMessage() == "live socket closed"
    assert "Redis can't be reached: Error" in why_away(closed.exc_info[1])


async def test_the_watch_has_words_for_a_redis_that_does_not_answer(redis_server, monkeypatch):
    async def silent(self, section):
        await asyncio.sleep(10)

    monkeypatch.setattr("redis.asyncio.Redis.info", silent)
    with pytest.raises(RedisError, match="no answer within 2 seconds"):
        await redis_watch.mark()
