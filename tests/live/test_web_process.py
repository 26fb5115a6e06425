"""The web process as it runs in production: many requests side by side on the real database."""

import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection

from tests.factories import make_cluster, make_user
from tests.live.parts import console, eventually
from tests.ports import free_port
from tests.web.conftest import browser

pytestmark = pytest.mark.django_db(transaction=True)

SIDE_BY_SIDE = 4
REQUESTS = 120


@pytest.fixture
def web(redis_url):
    """The address of a web process on the test's database, and the process."""
    port = free_port()
    command = ["lvsconsole.asgi:application", "--port", str(port), "--lifespan", "off"]
    settings = {"DJANGO_SETTINGS_MODULE": "lvsconsole.settings"}
    process = console("-m", "uvicorn", "--no-access-log", *command, **settings)
    url = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: answers(url), within=20)
        yield url, process
    finally:
        process.terminate()
        process.communicate(timeout=20)


def answers(url):
    try:
        return urllib.request.urlopen(f"{url}/healthz", timeout=2).status == 200
    except OSError:
        return False


def held(process):
    """How many connections the process holds to its database now."""
    if connection.vendor == "sqlite":
        files = [link for link in open_files(process.pid) if link.endswith("test.sqlite3")]
        return len(files)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        return cursor.fetchone()[0]


def open_files(pid):
    found = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.append(str(link.readlink()))
        except FileNotFoundError:
            continue  # closed since
    return found


def test_requests_leave_no_connection_to_the_database_behind(web):
    url, process = web
    make_cluster("web")
    session = browser(make_user("viewer")).cookies["sessionid"].value

    def ask(_):
        request = urllib.request.Request(f"{url}/directors/?part=list")
        request.add_header("Cookie", f"sessionid={session}")
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.url.rpartition(url)[2], held(process)
        finally:
            connection.close()  # that of this thread

    with ThreadPoolExecutor(SIDE_BY_SIDE) as clients:
        found = list(clients.map(ask, range(REQUESTS)))
    assert {(status, path) for status, path, _ in found} == {(200, "/directors/?part=list")}
    most = max(count for _, _, count in found)
    assert most <= 4 * SIDE_BY_SIDE, f"{most} connections at a time"
