"""What every test may use: a real Redis, Debian's chromium, and what the migrations made."""

import os
import shutil
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, settings

from tests.guards import flush_past_guards
from tests.redis_server import RedisServer

# Playwright's synchronous interface keeps an event loop running in the test's thread, and Django
# would refuse the database there. Nothing else runs in that thread.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

# How fast a machine makes examples is no property of ours: it may be busy.
settings.register_profile("any", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any")

BROWSER_FIXTURES = {"playwright", "browser", "context", "page"}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Browser tests come last: while Playwright's loop runs, no asyncio test can start its own."""
    for item in items:
        _keep_what_migrations_made(item)
    items.sort(key=lambda item: bool(BROWSER_FIXTURES & set(getattr(item, "fixturenames", ()))))


def _keep_what_migrations_made(item):
    """A test with real transactions empties the tables; the roles of a migration must come back."""
    marker = item.get_closest_marker("django_db")
    transactional = {"transactional_db", "live_server"} & set(getattr(item, "fixturenames", ()))
    if transactional or (marker and marker.kwargs.get("transaction")):
        mark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
        item.add_marker(mark, append=False)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup):
    """pytest-django's, whose flushes pass the guards of the database."""
    flush_past_guards()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory):
    """A Redis of our own, on the port that the settings name; a test may stop, start or pause it."""
    from django.conf import settings

    server = RedisServer(urlsplit(settings.REDIS_URL).port, tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis_url(redis_server):
    """The address of an empty, running Redis."""
    redis_server.resume()
    redis_server.start()
    redis_server.flush()
    return redis_server.url


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """Debian's chromium; as root it runs only without its sandbox."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": chromium, "args": arguments}
