"""The console's own worker with its beat, as it runs in production."""

import pytest
import redis

from apps.jobs.models import Outbox
from apps.trust.signing import create_signing_key
from tests.applying import started, world
from tests.live.parts import ROOT, console, eventually

pytestmark = pytest.mark.django_db(transaction=True)

COMMAND = ["-m", "celery", "-A", "lvsconsole", "worker", "-B", "-Q", "console", "-c", "1"]


@pytest.fixture
def worker(redis_url, tmp_path, settings):
    """A worker that delivers; nothing it does may leave a file behind."""
    settings.SIGNING_KEY_FILE = tmp_path / "signing.key"
    create_signing_key()
    before = set(ROOT.iterdir())
    process = console(
        *COMMAND,
        "-l",
        "info",
        LVS_SIGNING_KEY_FILE=str(settings.SIGNING_KEY_FILE),
        DJANGO_SETTINGS_MODULE="lvsconsole.settings",
    )
    yield process
    process.terminate()
    process.communicate(timeout=20)
    assert process.returncode == 0
    assert set(ROOT.iterdir()) == before


def arrived(run, url):
    with redis.Redis.from_url(url) as client:
        return client.llen(run.director.queue)


def test_an_approval_is_delivered_at_once(worker, redis_url):
    with redis.Redis.from_url(redis_url) as client:
        eventually(lambda: client.exists("_kombu.binding.console"), within=20)
    run = started(world()).runs.get()
    eventually(lambda: arrived(run, redis_url), within=4)
    eventually(lambda: Outbox.objects.get(run=run).sent == 1)


def test_an_approval_while_redis_is_down_is_delivered_when_it_is_back(
    worker, redis_server, redis_url
):
    with redis.Redis.from_url(redis_url) as client:
        eventually(lambda: client.exists("_kombu.binding.console"), within=20)
    redis_server.stop()
    run = started(world()).runs.get()
    redis_server.start()
    redis_server.flush()
    eventually(lambda: arrived(run, redis_url), within=20)
    assert worker.poll() is None
