"""The whole console on one machine: Redis, web, worker, relay, and directors in the lab.

Everything real, everything on loopback and free ports, all data below one folder.
"""

import os
import re
import secrets
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

from lab import GuestProcess, Lab
from lab.parts import Claim, Part, PartFailed, free_port

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


class Stack:
    """All parts of a running console. Use it as context manager: what it started ends with it.

    `data` is kept: a second stack on the same folder goes on where the first one ended.
    """

    def __init__(self, data: Path, *, web_port: int = 0, **settings: str) -> None:
        self.data = data.resolve()
        self.guest_folder = self.data / "guest"
        self.logs = self.data / "log"
        for folder in (self.data, self.guest_folder, self.logs):
            folder.mkdir(parents=True, exist_ok=True)
        self.data.chmod(0o700)
        self.web_port = free_port(*([web_port] if web_port else []))
        self.redis_port = free_port()
        self.url = f"http://127.0.0.1:{self.web_port}"
        self._password = self._secret("redis-password")
        self.redis_url = f"redis://default:{self._password}@127.0.0.1:{self.redis_port}/0"
        self.env = self._environment() | settings
        self.redis = self._part("redis", *self._redis_command())
        self.web = self._part("web", *self._web_command())
        celery = [str(BIN / "celery"), "-A", "lvsconsole", "worker", "-B", "-Q", "console"]
        self.worker = self._part("worker", *celery, "-c", "1", "-l", "info")
        self.relay = self._part("relay", sys.executable, "manage.py", "relay")
        self.seconds = [
            self._part("worker2", *celery, "-c", "1", "-l", "info"),
            self._part("relay2", sys.executable, "manage.py", "relay", "--name", "relay2"),
        ]
        """A second worker with a schedule of its own, and a second relay: started by who wants them."""
        self.director_port = self.redis_port
        """At which port directors find Redis."""
        self.lab = Lab(self.guest_folder)
        self.others: dict[str, Lab] = {}
        """Directors that have a lab of their own, by name; all others run in `lab`."""
        self._claim = Claim(self.data)
        self.agents: dict[str, GuestProcess] = {}

    # --- all together ----------------------------------------------------------------------------

    def start(self) -> Self:
        """Start all parts but the agents. Raises PartFailed or LabError, with everything stopped."""
        self._claim.take()
        try:
            boot = _Background(self.lab.start)
            self.redis.start()
            self.prepare()
            self.redis.wait_until(self._redis_answers)
            for part in (self.web, self.worker, self.relay):
                part.start()
            self.web.wait_until(self._web_answers)
            boot.finish()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End everything this stack started, and nothing else."""
        for agent in self.agents.values():
            agent.terminate()
        for part in (*self.seconds, self.relay, self.worker, self.web):
            part.stop()
        for lab in (self.lab, *self.others.values()):
            lab.stop()
        self.redis.stop()
        self.agents.clear()
        self._claim.drop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def check(self) -> None:
        """Raises PartFailed when a part has ended by itself."""
        for part in (self.redis, self.web, self.worker, self.relay):
            if part.failed:
                raise PartFailed(f"{part.name} ended by itself\n{part.last_lines()}")
        for name, agent in self.agents.items():
            if agent.poll() is not None:
                raise PartFailed(f"the agent of {name} ended\n{self.agent_log(name)}")

    # --- the console -----------------------------------------------------------------------------

    def prepare(self) -> None:
        """Bring the database up to date, make the signing key, collect the static files."""
        self.run("lab.prepare", *([] if self._static_is_new() else ["--collect"]))

    def manage(self, *arguments: str, text: str = "") -> str:
        """Run `manage.py` to its end and give its output. Raises PartFailed when it fails."""
        return self._python("manage.py", *arguments, text=text)

    def run(self, module: str, *arguments: str) -> str:
        """Run a Python module with the console's settings. Raises PartFailed when it fails."""
        return self._python("-m", module, *arguments)

    # --- directors -------------------------------------------------------------------------------

    def enrol(self, name: str, code: str) -> None:
        """Run the command of an invitation on the director's host. Raises PartFailed."""
        folder = self.guest_folder / name
        folder.mkdir(exist_ok=True)
        done = self._host(name).run(
            [
                *("python", "-m", "lvs.agent", "enrol", "--config", str(self._config(name))),
                *("--state-dir", str(folder / "state"), code),
            ],
            cwd=folder,
            env={"PYTHONPATH": str(ROOT)},
        )
        if done.returncode:
            raise PartFailed(f"{name} was not enrolled\n{done.stderr.strip()}")

    def add_host(self, name: str) -> Lab:
        """Boot one more lab, as the host of the director of this name."""
        self.others[name] = Lab(self.guest_folder)
        return self.others[name].start()

    def start_agent(self, name: str) -> None:
        """Start the agent of an enrolled director, on its host or in the lab."""
        config = self._config(name)
        here = f"@{self.lab.host_address}:{self.director_port}/"
        config.write_text(
            re.sub(r"@[0-9.]+:\d+/", here, config.read_text())
        )  # another than last time
        self.agents[name] = self._host(name).spawn(
            ["python", "-m", "lvs.agent", "--config", str(config)],
            output=self.logs / f"agent-{name}.log",
            env={"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        )

    def kill_agent(self, name: str) -> None:
        """End an agent as a crash would."""
        agent = self.agents.pop(name)
        agent.kill()
        agent.wait(10)

    def agent_log(self, name: str) -> str:
        """The end of what an agent said."""
        log = self.logs / f"agent-{name}.log"
        return "\n".join(log.read_text(errors="replace").splitlines()[-15:]) if log.exists() else ""

    def _host(self, name: str) -> Lab:
        return self.others.get(name, self.lab)

    def _config(self, name: str) -> Path:
        return self.guest_folder / name / "agent.toml"

    def enrolled(self, name: str) -> bool:
        """Whether a director's configuration is kept here."""
        return self._config(name).exists()

    # --- how each is started -----------------------------------------------------------------------

    def _part(self, name: str, *command: str) -> Part:
        return Part(name, command, self.logs / f"{name}.log", self.env, ROOT)

    def _python(self, *arguments: str, text: str = "") -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.env,
            input=text,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise PartFailed(f"{' '.join(arguments[:2])} failed\n{done.stderr.strip()}")
        return done.stdout

    def _environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("LVS_", "DJANGO_"))}
        return kept | {
            "LVS_DATA_DIR": str(self.data),
            "LVS_STATIC_ROOT": str(ROOT / "build" / "static"),
            "LVS_SECRET_KEY": self._secret("secret-key"),
            "LVS_REDIS_URL": self.redis_url,
            "LVS_DIRECTOR_REDIS_URL": f"redis://{Lab.host_address}:{self.redis_port}/0",
            "PYTHONUNBUFFERED": "1",
        }

    def _secret(self, name: str) -> str:
        """A secret that is kept in our data folder."""
        path = self.data / name
        if not path.exists():
            path.touch(0o600)
            path.write_text(secrets.token_urlsafe(48))
        return path.read_text()

    def _redis_command(self) -> list[str]:
        folder = self.data / "redis"
        folder.mkdir(exist_ok=True)
        options = {"bind": "127.0.0.1", "port": str(self.redis_port), "dir": str(folder)}
        options |= {"save": "", "appendonly": "yes", "requirepass": self._password}
        return ["redis-server", *(word for k, v in options.items() for word in (f"--{k}", v))]

    def _web_command(self) -> list[str]:
        return [
            *(str(BIN / "uvicorn"), "lvsconsole.asgi:application", "--no-access-log"),
            *("--host", "127.0.0.1", "--port", str(self.web_port), "--lifespan", "off"),
            *("--timeout-graceful-shutdown", "2"),
        ]

    def _redis_answers(self) -> bool:
        done = subprocess.run(
            ["redis-cli", "--no-auth-warning", "-u", self.redis_url, "ping"],
            capture_output=True,
            text=True,
        )
        return done.stdout.strip() == "PONG"

    def _web_answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2):
                return True
        except urllib.error.HTTPError as error:
            raise PartFailed(
                f"web answers {error.code} at /healthz\n{self.web.last_lines()}"
            ) from error
        except OSError:
            return False

    def _static_is_new(self) -> bool:
        """Whether the static files were collected after the newest change to any of them."""
        manifest = ROOT / "build" / "static" / "staticfiles.json"
        if not manifest.exists():
            return False
        sources = [ROOT / "package-lock.json", *(ROOT / "static").rglob("*")]
        return manifest.stat().st_mtime > max(path.stat().st_mtime for path in sources)


class _Background:
    """A function in a thread; `finish` waits for it and raises what it raised."""

    def __init__(self, function: object) -> None:
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(function,), daemon=True)
        self._thread.start()

    def _run(self, function: object) -> None:
        assert callable(function)
        try:
            function()
        except BaseException as error:  # raised again in finish
            self._error = error

    def finish(self) -> None:
        self._thread.join()
        if self._error:
            raise self._error
