"""Single sign-on in tests: a provider that runs, and the console that knows it."""

import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from lvsconsole.sign_on import openid_connect
from tests.oidc.known import CLIENT_ID, CLIENT_SECRET
from tests.ports import free_port

ROOT = Path(__file__).resolve().parent.parent
CALLBACK = "http://testserver/sign-on/callback/"
NAME = "the bank's directory"


class Provider:
    """A provider's process, from `with` to its end."""

    def __init__(self):
        self.port = free_port()
        self.issuer = f"http://127.0.0.1:{self.port}"
        self._process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        self.stop()

    def start(self):
        command = [sys.executable, "-m", "tests.oidc", str(self.port)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while not self._answers():
            assert time.monotonic() < deadline, "the provider did not start"
            time.sleep(0.05)

    def stop(self):
        self._process.terminate()
        self._process.wait(10)

    def _answers(self):
        try:
            return httpx.get(f"{self.issuer}/jwks", timeout=2).is_success
        except httpx.HTTPError:
            return False

    def expect(self, sub, name, groups, *faults, redirect_uri=CALLBACK, **claims):
        """From now on this person signs in there."""
        person = {"sub": sub, "preferred_username": name, "name": name.title(), "groups": groups}
        told = {"person": person | claims, "faults": faults, "redirect_uris": [redirect_uri]}
        httpx.post(f"{self.issuer}/test/person", json=told).raise_for_status()

    def asked(self):
        """What the console has asked of it since."""
        return httpx.get(f"{self.issuer}/test/asked").json()


def know(settings, provider, **more):
    """The console's settings name this provider."""
    settings.OIDC_ISSUER, settings.OIDC_NAME = provider.issuer, NAME
    settings.SOCIALACCOUNT_PROVIDERS = openid_connect(
        issuer=provider.issuer,
        name=NAME,
        client_id=CLIENT_ID,
        secret=CLIENT_SECRET,
        scopes=["openid", "profile"],
    )
    for name, value in more.items():
        setattr(settings, name, value)


def way_back(client, path="/sign-on/"):
    """To the provider and back: the address at which the browser comes back to the console."""
    there = client.get(path)
    assert there.status_code == 302, there.content.decode()
    back = httpx.get(there["Location"])
    assert back.status_code == 302, back.text
    parts = urlsplit(back.headers["Location"])
    return f"{parts.path}?{parts.query}"


def come(client, path="/sign-on/"):
    """Sign in at the provider: the console's answer to who comes back."""
    return client.get(way_back(client, path))
