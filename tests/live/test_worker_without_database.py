"""The console's worker while the database is away: it goes on, and its log stays short."""

import threading
import time

from tests.live.parts import console, eventually
from tests.ports import free_port

NOBODY = "postgresql://lvs:secret-word@127.0.0.1:{}/lvs"
AWAY = "the database can't be reached: "
BEATS = 7.0
"""Seconds in which eighteen tasks fail or more."""


def test_a_worker_without_its_database_says_so_in_one_line(redis_url):
    worker = console(
        *("-m", "celery", "-A", "lvsconsole", "worker", "-B", "-Q", "console", "-c", "1"),
        *("-l", "info"),
        LVS_DATABASE_URL=NOBODY.format(free_port()),
        DJANGO_SETTINGS_MODULE="lvsconsole.settings",
    )
    lines = []
    threading.Thread(target=lambda: lines.extend(iter(worker.stdout.readline, ""))).start()
    try:
        eventually(lambda: any(AWAY in line for line in list(lines)), within=30)
        time.sleep(BEATS)
    finally:
        worker.terminate()
        worker.wait(20)
    text = "".join(lines)
    assert text.count(AWAY) == 1
    assert "Traceback" not in text
    assert "secret-word" not in text
