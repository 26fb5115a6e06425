"""The web process as it runs in production: many requests side by side on the real database."""

import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection, transaction
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from lvsconsole.patience import PATIENCE
from tests.factories import make_cluster, make_user
from tests.live.parts import console, eventually
from tests.ports import free_port
from tests.web.conftest import browser

pytestmark = pytest.mark.django_db(transaction=True)

SIDE_BY_SIDE = 4
REQUESTS = 120


@contextmanager
def running(**variables):
    """The address of a web process on the test's database, and the process."""
    port = free_port()
    command = ["lvsconsole.asgi:application", "--port", str(port), "--lifespan", "off"]
    process = console("-m", "uvicorn", "--no-access-log", *command, **variables)
    url = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: answers(url), within=20)
        yield url, process
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.fixture
def web(redis_url):
    """One that runs."""
    with running(DJANGO_SETTINGS_MODULE="lvsconsole.settings") as started:
        yield started


@pytest.fixture
def web_without_debug(redis_url, settings):
    """One with the pages of production for what fails. Django's for developers ask the database."""
    variables = {"LVS_DEBUG": "no", "LVS_SECRET_KEY": settings.SECRET_KEY}
    with running(DJANGO_SETTINGS_MODULE="tests.settings", **variables) as started:
        yield started


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


def test_a_page_that_waits_for_a_locked_table_says_to_come_again(web_without_debug):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has a limit of its own")
    url, _ = web_without_debug
    session = browser(make_user("viewer")).cookies["sessionid"].value
    request = urllib.request.Request(f"{url}/directors/")
    request.add_header("Cookie", f"sessionid={session}")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE inventory_director IN ACCESS EXCLUSIVE MODE")
        began = time.monotonic()
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=PATIENCE + 10)
        waited = time.monotonic() - began
    assert refused.value.code == 503
    assert refused.value.headers["Retry-After"]
    assert PATIENCE <= waited < PATIENCE + 4
    assert urllib.request.urlopen(request, timeout=20).status == 200


def test_only_the_web_process_gives_up_on_locks():
    """Migrations, the worker and the relay may have to wait for a migration's lock."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has a limit of its own")
    asked = "SHOW lock_timeout"
    show = "from django.db import connection; cursor = connection.cursor(); "
    show += f"cursor.execute({asked!r}); print(cursor.fetchone()[0])"
    process = console("manage.py", "shell", "--no-imports", "-v", "0", "-c", show)
    assert process.communicate(timeout=30)[0].splitlines()[-1] == "0"


def test_without_its_database_the_log_has_a_line_not_a_traceback_for_each_try(redis_url):
    nowhere = f"postgresql://lvs:secret-word@127.0.0.1:{free_port()}/lvs"
    port = free_port()
    process = console(
        *("-m", "uvicorn", "--no-access-log", "lvsconsole.asgi:application", "--lifespan", "off"),
        *("--port", str(port)),
        DJANGO_SETTINGS_MODULE="lvsconsole.settings",
        LVS_DATABASE_URL=nowhere,
        LVS_DEBUG="no",
        LVS_SECRET_KEY="k" * 50,
    )
    try:
        eventually(lambda: refused_socket(port), within=20)
        for _ in range(5):
            assert refused_socket(port)
    finally:
        process.terminate()
        text = process.communicate(timeout=20)[0]
    assert text.count("Exception in ASGI application: the database can't be reached: ") == 1
    assert "Traceback" not in text
    assert "secret-word" not in text


def refused_socket(port):
    """Whether a page's live socket was refused, as its session can't be read."""
    place = f"127.0.0.1:{port}"
    headers = {"Cookie": "sessionid=abcdefabcdefabcdefabcdefabcdefab"}
    try:
        with connect(
            f"ws://{place}/ws/live/", origin=f"http://{place}", additional_headers=headers
        ):
            return False
    except InvalidStatus:
        return True
    except OSError:  # it does not listen yet
        return False
