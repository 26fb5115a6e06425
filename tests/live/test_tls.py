"""TLS to a real Redis and a real PostgreSQL: certificate and name are checked, always."""

import os
import subprocess
import sys
import time

import pytest
import redis
from celery import Celery

from lab.postgresql import binaries, running
from lvs.agent.config import RedisLink
from lvs.agent.link import append, connect
from lvs.agent.streams import TASK, queue_name, reports_stream
from tests.identities import voice
from tests.live.certificates import Authority
from tests.live.order_taker import DIRECTOR, worker_process
from tests.live.parts import ROOT
from tests.live.test_agent_worker import taken
from tests.ports import free_port


class Server:
    """A Redis with TLS and without any other port."""

    def __init__(self, folder, authority, named="127.0.0.1"):
        self.port = free_port()
        self.url = f"rediss://127.0.0.1:{self.port}/0"
        self.ca = folder / "ca.pem"
        self.ca.write_bytes(authority.pem)
        certificate, key = authority.server(named)
        (folder / "server.pem").write_bytes(certificate)
        (folder / "server.key").write_bytes(key)
        options = {"port": "0", "tls-port": str(self.port), "bind": "127.0.0.1", "save": ""}
        options |= {"tls-cert-file": "server.pem", "tls-key-file": "server.key"}
        options |= {"tls-ca-cert-file": "ca.pem", "tls-auth-clients": "no"}
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        with (folder / "log").open("wb") as log:
            self.process = subprocess.Popen(["redis-server", *words], cwd=folder, stdout=log)
        time.sleep(0.5)
        assert self.process.poll() is None, (folder / "log").read_text()


@pytest.fixture
def authority():
    return Authority()


@pytest.fixture
def server(tmp_path, authority):
    made = Server(tmp_path, authority)
    yield made
    made.process.kill()
    made.process.wait()


def report(link):
    with connect(link, timeout=2.0) as client:
        entry = voice("report", DIRECTOR).entry({"a": 1})
        append(client, reports_stream(DIRECTOR), entry, 10, exact=False)
        return client.xlen(reports_stream(DIRECTOR))


def test_the_agent_takes_orders_and_reports_over_tls(server):
    with worker_process(server.url, str(server.ca)) as worker:
        options = RedisLink(server.url, str(server.ca)).tls_options()
        with Celery(broker=server.url, set_as_current=False) as console:
            console.conf.broker_use_ssl = options
            console.send_task(TASK, args=["an order"], queue=queue_name(DIRECTOR))
            assert taken(worker, within=15) == "an order\n"
    assert report(RedisLink(server.url, str(server.ca))) == 1


def test_a_redis_that_nobody_here_vouches_for_is_refused(server):
    with pytest.raises(redis.ConnectionError, match="certificate verify failed"):
        report(RedisLink(server.url))


def test_a_redis_of_another_authority_is_refused(server, tmp_path):
    other = tmp_path / "other.pem"
    other.write_bytes(Authority().pem)
    with pytest.raises(redis.ConnectionError, match="certificate verify failed"):
        report(RedisLink(server.url, str(other)))


def test_a_certificate_for_another_name_is_refused(tmp_path, authority):
    server = Server(tmp_path, authority, named="192.0.2.1")
    try:
        with pytest.raises(redis.ConnectionError, match="IP address mismatch"):
            report(RedisLink(server.url, str(server.ca)))
    finally:
        server.process.kill()


CONSOLE = """
import django; django.setup()
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from lvsconsole.celery import app
from lvsconsole.redis_client import connect
with connect() as client: print(client.ping())
app.send_task("x", retry=False); print("sent")
async_to_sync(get_channel_layer().group_send)("live.home", {"type": "x"}); print("pushed")
"""


def console(code, **variables):
    """What a process of the console prints."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LVS_", "DJANGO_"))}
    given = {"DJANGO_SETTINGS_MODULE": "lvsconsole.settings", "LVS_SECRET_KEY": "k" * 50}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=kept | given | variables,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout.split(), done.stderr


def test_every_part_of_the_console_reaches_redis_over_tls(server, tmp_path):
    said, error = console(
        CONSOLE,
        LVS_REDIS_URL=server.url,
        LVS_REDIS_CA=str(server.ca),
        LVS_DATA_DIR=str(tmp_path),
    )
    assert said == ["True", "sent", "pushed"], error


def test_the_console_refuses_a_redis_that_nobody_vouches_for(server, tmp_path):
    said, error = console(CONSOLE, LVS_REDIS_URL=server.url, LVS_DATA_DIR=str(tmp_path))
    assert said == []
    assert "certificate verify failed" in error


QUERY = """
import django; django.setup()
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    print(cursor.fetchone()[0])
"""


def test_postgresql_is_reached_over_tls_and_checked(tmp_path, authority):
    certificate, key = authority.server("127.0.0.1")
    ca, other = tmp_path / "ca.pem", tmp_path / "other.pem"
    ca.write_bytes(authority.pem)
    other.write_bytes(Authority().pem)
    port = free_port()
    options = f"-c listen_addresses=127.0.0.1 -p {port} -c ssl=on"
    files = {"server.crt": certificate, "server.key": key}
    with running(binaries(), options, files):
        url = f"postgresql://lvs@127.0.0.1:{port}/postgres?sslmode=verify-full&sslrootcert="
        said, error = console(QUERY, LVS_DATABASE_URL=f"{url}{ca}", LVS_DATA_DIR=str(tmp_path))
        assert said == ["TLSv1.3"], error
        said, error = console(QUERY, LVS_DATABASE_URL=f"{url}{other}", LVS_DATA_DIR=str(tmp_path))
        assert said == []
        assert "certificate verify failed" in error
