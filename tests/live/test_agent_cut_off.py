"""A whole agent whose Redis user goes: what its log says, and how it ends when its host was enrolled anew."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
import redis
from celery import Celery

from apps.trust import access
from lvs.agent.config import with_user
from lvs.agent.invitation import password_hash
from lvs.agent.sealing import private_key_to_text, public_key_to_text
from lvs.agent.streams import queue_name
from tests.identities import own_key
from tests.live.order_taker import DIRECTOR
from tests.live.parts import ROOT, eventually

USER = access.user_of(DIRECTOR, invited=False)


class Host:
    """A director's host, and what the console made of it in Redis."""

    def __init__(self, folder, redis_url):
        self.owner = redis.Redis.from_url(redis_url)
        self.log = folder / "log"
        self._config = folder / "agent.toml"
        self._url = redis_url
        self._state = folder / "state"

    def enrol(self, password):
        """The console makes the user, then the host writes its file."""
        rules = access.director_rules(DIRECTOR, password_hash(password))
        self.cut_off()
        self.owner.execute_command("ACL SETUSER", USER, *rules)
        settings = {
            "director": DIRECTOR,
            "director_key": private_key_to_text(own_key(password)),
            "redis_url": with_user(self._url, USER, password),
            "console_key": public_key_to_text(own_key("console").public_key()),
            "state_dir": str(self._state),
        }
        lines = [f'{name} = "{value}"\n' for name, value in settings.items()]
        self._config.with_suffix(".new").write_text("".join(lines))
        self._config.with_suffix(".new").rename(self._config)

    def cut_off(self):
        self.owner.acl_deluser(USER)

    @contextmanager
    def agent(self):
        command = [sys.executable, "-m", "lvs.agent", "--config", str(self._config)]
        with self.log.open("w") as log, subprocess.Popen(command, cwd=ROOT, stderr=log) as process:
            try:
                self.says("waiting for orders")
                yield process
            finally:
                process.terminate()

    def says(self, text, times=1):
        eventually(lambda: self.log.read_text().count(text) >= times, within=20)


@pytest.fixture
def host(tmp_path, redis_url):
    host = Host(tmp_path, redis_url)
    host.enrol("first")
    yield host
    host.cut_off()
    host.owner.close()


def test_an_agent_that_was_cut_off_says_so_and_stays(host):
    with host.agent() as agent:
        host.cut_off()
        host.says("it was cut off at the console")
        with pytest.raises(subprocess.TimeoutExpired):
            agent.wait(5)
    assert host.log.read_text().count("cut off") == 1
    assert host.log.read_text().count("invalid username-password") == 1
    assert agent.returncode == 0


def test_an_agent_whose_host_was_enrolled_anew_ends_to_begin_anew(host):
    with host.agent() as agent:
        host.enrol("second")
        assert agent.wait(20) == 3
    assert "this host was enrolled anew: ending" in host.log.read_text()
    with host.agent() as agent:  # as systemd does
        pass
    assert agent.returncode == 0


def test_systemd_starts_it_again():
    unit = (ROOT / "lvs/agent/lvsconsole-agent.service").read_text().splitlines()
    assert "Restart=always" in unit
    assert "RestartPreventExitStatus=2" in unit


ORDER_UNDER_WAY = """
import sys, threading, time
from lvs.agent.worker import begin_anew, make_app, run_worker
from tests.identities import config
def receive(text):
    threading.Thread(target=begin_anew).start()
    time.sleep(1)
    print(f"done: {text}", flush=True)
sys.exit(run_worker(make_app(config(sys.argv[1], sys.argv[2]), receive, print)))
"""


def test_an_order_under_way_is_finished_first_and_none_is_begun(redis_url):
    with Celery(broker=redis_url, set_as_current=False) as app:
        for text in ("one", "two"):
            app.send_task("lvs.apply", args=[text], queue=queue_name(DIRECTOR))
        command = [sys.executable, "-c", ORDER_UNDER_WAY, DIRECTOR, redis_url]
        ended = subprocess.run(
            command, cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, text=True, timeout=30
        )
    assert ended.stdout == "done: one\n"
    assert ended.returncode == 3


def test_a_message_that_is_nothing_is_no_trouble_of_redis(host):
    with host.agent():
        host.owner.lpush(queue_name(DIRECTOR), b"\xff")
        host.says("waiting for orders", times=2)
    assert "can't take orders" not in host.log.read_text()


def test_of_a_task_that_is_refused_celery_asks_nobody_about_imports(host, redis_url):
    with host.agent(), Celery(broker=redis_url, set_as_current=False) as app:
        app.send_task("lvs.other", args=["x"], queue=queue_name(DIRECTOR))
        host.says("a task that a director does not have")
    assert "import" not in host.log.read_text()


def test_a_user_that_may_not_take_orders_is_said_once(host):
    host.enrol("first")
    rules = [r for r in access.director_rules(DIRECTOR, password_hash("first")) if r != "+brpop"]
    host.owner.execute_command("ACL SETUSER", USER, *rules)
    with host.agent():
        host.says("does not let this director's user")
        time.sleep(3)  # six more tries
    assert host.log.read_text().count("does not let this director's user") == 1
    assert host.log.read_text().count("waiting for orders") <= 1
