"""Every place of the console that asks Redis does so over TLS, with the authority that the settings name."""

from tests.live.test_tls import authority, console, server

__all__ = ["authority", "server"]

CODE = """
import django; django.setup()
import asyncio
from types import SimpleNamespace
from apps.drains import counting
from apps.telemetry import live
from apps.web import redis_watch
from apps.web.views import health
asked = {
    "healthz": health._redis,
    "snapshot": lambda: asyncio.run(live.snapshot(1)),
    "redis_watch": lambda: asyncio.run(redis_watch.mark()),
    "drains": lambda: counting._frames(SimpleNamespace(pk=1)),
}
for name, ask in asked.items():
    try:
        print(name, ask())
    except Exception as error:
        print(name, str(error)[:90])
"""


def test_all_of_the_console_reaches_redis_over_tls(server, tmp_path):
    said, errors = console(
        CODE,
        LVS_DEBUG="yes",
        LVS_DATA_DIR=str(tmp_path),
        LVS_REDIS_URL=server.url,
        LVS_REDIS_CA=str(server.ca),
    )
    text = " ".join(said) + errors
    assert "redis_watch" in text
    assert "verify failed" not in text and "no answer" not in text, text
