"""What the tests of relay and outbox lean on: a voice in a stream, an ear on the channel layer."""

import asyncio
import os
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import quote

import redis
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import connection

from apps.jobs.relay.process import Relay
from lvs.agent import streams
from tests.identities import signed, voice

ROOT = Path(__file__).resolve().parent.parent.parent


def to_bytes(text):
    return text if isinstance(text, bytes) else text.encode()


def eventually(check, within=5.0, every=0.05):
    """The first true answer of `check`; fails after `within` seconds."""
    deadline = time.monotonic() + within
    while not (answer := check()):
        assert time.monotonic() < deadline, f"not within {within} s"
        time.sleep(every)
    return answer


class RunningRelay:
    """A relay in this process, from `with` to its end."""

    def __init__(self, name="r1"):
        self._relay = Relay(name)
        self._ended = []
        self._thread = threading.Thread(target=lambda: self._ended.append(self._relay.run()))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._relay.stop.set()
        self._thread.join(15)
        assert self._ended == [True]


class Voice:
    """What a director's agent writes into its streams."""

    def __init__(self, director):
        self.uuid = str(director.uuid)
        self.client = redis.Redis.from_url(settings.REDIS_URL, protocol=2)
        self.reborn()

    @property
    def reports(self):
        return streams.reports_stream(self.uuid)

    def report(self, message):
        return self.client.xadd(self.reports, self._reports.entry(message))

    def raw(self, text):
        """Any text, signed with the director's key."""
        return self.client.xadd(self.reports, signed("report", self.uuid, to_bytes(text)))

    def entry(self, message):
        """A report as it would be sent."""
        return self._reports.entry(message)

    def reborn(self):
        """The agent begins anew."""
        self._reports = voice("report", self.uuid)
        self._samples = voice("sample", self.uuid)

    def heartbeat(self, revision=0, **fields):
        values = {"facts": {"kernel": "6.1"}, "owned_digest": "", "problem": ""} | fields
        return self.report(streams.heartbeat(self.uuid, time.time(), revision=revision, **values))

    def sample(self, seq, rows):
        message = streams.sample(at=time.time(), seq=seq, interval=1.0, rows=rows)
        return self.client.xadd(streams.samples_stream(self.uuid), self._samples.entry(message))

    def unread(self):
        """Reports in the stream that no relay has stored."""
        return self.client.xlen(self.reports)


class Ear:
    """Hears what is sent to topics of the channel layer, from `with` to its end."""

    def __init__(self, *topics):
        self._topics = topics
        self._heard = queue.Queue()
        self._ready, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._listen()), daemon=True)

    def __enter__(self):
        self._thread.start()
        assert self._ready.wait(5)
        return self

    def __exit__(self, *error):
        self._stop.set()
        self._thread.join(5)

    def next(self, within=5.0):
        """The next message; fails when none comes."""
        try:
            return self._heard.get(timeout=within)
        except queue.Empty:
            raise AssertionError(f"nothing heard within {within} s") from None

    def frame(self, within=5.0):
        """The next frame."""
        return self.next(within)["frame"]

    def topics(self):
        """The topics of all messages so far."""
        return {self._heard.get()["topic"] for _ in range(self._heard.qsize())}

    async def _listen(self):
        layer = get_channel_layer()
        channel = await layer.new_channel()
        for topic in self._topics:
            await layer.group_add(f"live.{topic}", channel)
        await asyncio.sleep(0.1)  # the subscription is on its way
        self._ready.set()
        hearing = asyncio.ensure_future(layer.receive(channel))
        while not self._stop.is_set():
            done, _ = await asyncio.wait({hearing}, timeout=0.1)
            if done:
                self._heard.put(hearing.result())
                hearing = asyncio.ensure_future(layer.receive(channel))
        hearing.cancel()


def console(*command, **more):
    """A process of the console on the test's database and Redis."""
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env=os.environ | {"LVS_DATABASE_URL": _database_url(), "PYTHONUNBUFFERED": "1"} | more,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _database_url():
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    host = quote(found["HOST"], safe="")  # a folder where the server listens on a Unix socket
    port = f":{found['PORT']}" if found["PORT"] else ""
    return f"postgresql://{found['USER']}:{found['PASSWORD']}@{host}{port}/{found['NAME']}"
