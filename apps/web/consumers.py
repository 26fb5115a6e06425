"""The live socket: says which pages are out of date, and carries samples.

The database is the truth: an event only names a topic, and the page asks again. A slow browser gets
the newest frame of each director, never a queue of old ones.
"""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

from channels.auth import get_user
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from redis.exceptions import RedisError

from apps.accounts.policy import can_somewhere
from apps.telemetry import live
from apps.web import redis_watch
from apps.web.topics import cluster_of, is_topic, may_listen
from lvsconsole.away import why_away

logger = logging.getLogger(__name__)

MAX_TEXT = 4096  # bytes that a browser may send at once
MAX_TOPICS = 20
RECHECK = 30.0  # seconds between two looks at the session and the rights
WATCH = 3.0  # seconds between two looks at Redis
MALFORMED, SIGNED_OUT, NO_RIGHT, TRY_LATER, TOO_BIG = 4400, 4401, 4403, 1013, 1009
REDIS_TROUBLE = (RedisError, OSError, asyncio.TimeoutError)


class LiveConsumer(AsyncWebsocketConsumer):
    """One browser page."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Run the page's socket. A Redis that is away closes it with "try again later"."""
        self.topics: set[str] = set()
        self.events: set[str] = set()
        self.frames: dict[tuple[str, str], dict[str, Any]] = {}
        self.something = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []
        try:
            await super().__call__(scope, receive, send)
        except REDIS_TROUBLE as error:
            _say_closed(error)
            with contextlib.suppress(Exception):  # the browser may be gone already
                await send({"type": "websocket.close", "code": TRY_LATER})
        finally:
            await self._stop()

    async def connect(self) -> None:
        """Accept people who are signed in and may see the console."""
        await self.accept()  # a refusal before it reaches browsers without its code
        user = self.scope.get("user")
        if user is None or not user.is_authenticated:
            return await self.close(SIGNED_OUT)
        if not await database_sync_to_async(can_somewhere)(user, "view"):
            return await self.close(NO_RIGHT)
        self.mark = await redis_watch.mark()
        self.tasks = [
            asyncio.create_task(self._guarded(work))
            for work in (self._deliver, self._recheck, self._watch)
        ]
        await self._send({"hello": {"now": time.time()}})
        return None

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """A request of the browser: `{"subscribe": […]}` or `{"snapshot": "samples.3"}`."""
        if not self.tasks:
            return  # refused, and on its way out
        if bytes_data is not None or text_data is None:
            return await self.close(MALFORMED)
        if len(text_data) > MAX_TEXT:
            return await self.close(TOO_BIG)
        try:
            message = json.loads(text_data)
        except (ValueError, RecursionError):
            return await self.close(MALFORMED)
        if not isinstance(message, dict):
            return await self.close(MALFORMED)
        if "subscribe" in message:
            return await self._subscribe(message["subscribe"])
        topic = message.get("snapshot")
        if isinstance(topic, str) and topic in self.topics:
            return await self._snapshot(topic)
        return await self._send({"error": "only “subscribe” and “snapshot” of a subscribed topic"})

    async def disconnect(self, code: int) -> None:
        """Leave all groups."""
        await self._stop()
        for topic in self.topics:
            try:
                await self._group(self.channel_layer.group_discard, topic)
            except REDIS_TROUBLE:
                logger.info("left %s while Redis was away", topic)

    # --- from the channel layer --------------------------------------------------------------------

    async def live_event(self, message: dict[str, Any]) -> None:
        """Something of a topic has changed."""
        if message["topic"] in self.topics:
            self.events.add(message["topic"])
            self.something.set()

    async def live_frame(self, message: dict[str, Any]) -> None:
        """A sample of one director. A newer one takes the place of one that still waits."""
        if message["topic"] in self.topics:
            self._put(message["topic"], message["frame"])

    # --- inside ------------------------------------------------------------------------------------

    def _put(self, topic: str, frame: dict[str, Any]) -> None:
        self.frames[(topic, str(frame.get("director")))] = frame
        self.something.set()

    async def _subscribe(self, wanted: Any) -> None:
        if not isinstance(wanted, list) or not all(is_topic(name) for name in wanted):
            return await self.close(MALFORMED)
        names = set(wanted)
        if len(names) > MAX_TOPICS:
            return await self._send({"error": f"at most {MAX_TOPICS} topics"})
        if not await self._may(names):
            return await self.close(NO_RIGHT)
        for name in self.topics - names:
            await self._group(self.channel_layer.group_discard, name)
        added, self.topics = names - self.topics, names
        for name in added:
            await self._group(self.channel_layer.group_add, name)
        await self._send({"subscribed": sorted(names)})
        for name in added:
            if cluster_of(name) is not None:
                await self._snapshot(name)
        return None

    async def _group(self, act: Callable[[str, str], Awaitable[None]], topic: str) -> None:
        """Enter or leave a topic's group. Raises one of REDIS_TROUBLE."""
        try:
            await act(f"live.{topic}", self.channel_name)
        except AttributeError as error:
            # redis-py 8.1: one task sends on the connection that another has just found closed.
            raise RedisError(f"the connection broke while it was used: {error}") from error

    async def _snapshot(self, topic: str) -> None:
        cluster = cluster_of(topic)
        for frame in await live.snapshot(cluster) if cluster is not None else ():
            self._put(topic, {**frame, "full": True})

    async def _may(self, names: set[str]) -> bool:
        user = self.scope["user"]

        def check() -> bool:
            return can_somewhere(user, "view") and all(may_listen(user, name) for name in names)

        return bool(await database_sync_to_async(check)())

    async def _send(self, message: dict[str, Any]) -> None:
        await self.send(json.dumps(message, separators=(",", ":")))

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        """A socket on which one of its tasks has died would stay open and be wrong: close it."""
        try:
            await work()
        except Exception as error:
            _say_closed(error)
            with contextlib.suppress(Exception):  # the browser may be gone already
                await self.close(TRY_LATER)

    async def _deliver(self) -> None:
        while True:
            await self.something.wait()
            self.something.clear()
            events, self.events = self.events, set()
            for topic in sorted(events):
                await self._send({"event": topic})
            while self.frames:
                frame = self.frames.pop(next(iter(self.frames)))
                await self._send({"frame": frame, "now": time.time()})

    async def _recheck(self) -> None:
        while True:
            await asyncio.sleep(RECHECK)
            user = await self._user_now()
            if not user.is_authenticated or not user.is_active:
                return await self.close(SIGNED_OUT)
            self.scope["user"] = user
            if not await self._may(set(self.topics)):
                return await self.close(NO_RIGHT)

    async def _user_now(self) -> Any:
        """The session's user as the database has it now: a sign-out elsewhere ends this socket."""
        store = import_module(settings.SESSION_ENGINE).SessionStore
        session = store(self.scope["session"].session_key)
        return await get_user({**self.scope, "session": session})

    async def _watch(self) -> None:
        """Close when Redis is away or another one: events may be lost, the browser must ask anew."""
        while True:
            await asyncio.sleep(WATCH)
            try:
                same = await redis_watch.mark() == self.mark
            except REDIS_TROUBLE:
                same = False
            if not same:
                return await self.close(TRY_LATER)

    async def _stop(self) -> None:
        tasks, self.tasks = self.tasks, []
        for task in tasks:
            if task is not asyncio.current_task():
                task.cancel()


def _say_closed(error: Exception) -> None:
    """With the error itself where something is away: the log says that once a minute, not for each page."""
    if why_away(error):
        logger.warning("live socket closed", exc_info=error)
    else:
        logger.warning("live socket closed: %r", error)
