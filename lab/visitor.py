"""A person at the console, without a browser: pages and forms by HTTP, live events by WebSocket."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from typing import Any, Self
from urllib.parse import urljoin

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from lab.html import Page

TRY_AGAIN_LATER = 1013  # the WebSocket close code


class Visitor:
    """One person with their own cookies. Signs in through the page, as everybody does."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self.url = url
        self.username = username
        self._http = httpx.Client(base_url=url, follow_redirects=True, timeout=20)
        page = self.get("/sign-in/")
        page = self.send(page, "password", username=username, password=password)
        if page.has_form("password"):
            raise LookupError(f"{username} could not sign in: {page.text}")

    def get(self, path: str) -> Page:
        """The page at this path, whatever its status."""
        return _page(self._http.get(path))

    def send(self, page: Page, mark: str, /, **fields: str | None) -> Page:
        """Fill in the form that `Page.form(mark)` finds and send it; the page that comes back.

        A name with a double underscore stands for one with a hyphen: servers__0__address. None: left
        out, as a box that is not ticked.
        """
        form = page.form(mark)
        typed = form.fields | {name.replace("__", "-"): text for name, text in fields.items()}
        values = {name: text for name, text in typed.items() if text is not None}
        action = urljoin(page.url, form.action or page.url)
        origin = {"Referer": page.url, "Origin": self.url}
        if form.method == "get":
            return _page(self._http.get(action, params=values))
        return _page(self._http.post(action, data=values, headers=origin))

    def post(self, path: str, page: Page) -> int:
        """The status that a bare POST gets, with the token of a page: what a crafted request gets."""
        token = {
            "csrfmiddlewaretoken": page.form("csrfmiddlewaretoken").fields["csrfmiddlewaretoken"]
        }
        headers = {"Referer": self.url, "Origin": self.url}
        return self._http.post(path, data=token, headers=headers).status_code

    def listen(self, *topics: str, patience: float = 15.0) -> "Live":
        """Open the live connection and subscribe. When the console says “try again later”, as it does
        while Redis is away, try again as a browser does. Raises TimeoutError after `patience` seconds.
        """
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            live = self._connect()
            try:
                live.subscribe(*topics)
                return live
            except ConnectionClosed as closed:
                if closed.rcvd is None or closed.rcvd.code != TRY_AGAIN_LATER:
                    raise
                time.sleep(0.5)
        raise TimeoutError(f"no live connection within {patience:.0f} s")

    def _connect(self) -> "Live":
        cookies = "; ".join(f"{name}={value}" for name, value in self._http.cookies.items())
        address = self.url.replace("http", "ws", 1) + "/ws/live/"
        headers = {"Cookie": cookies, "Origin": self.url}
        return Live(connect(address, additional_headers=headers))

    def close(self) -> None:
        """Leave."""
        self._http.close()


class Live:
    """A live connection: what the server pushed, with the time it came."""

    def __init__(self, opening: AbstractContextManager[ClientConnection]) -> None:
        self._opened = ExitStack()
        self._connection = self._opened.enter_context(opening)

    def subscribe(self, *topics: str) -> None:
        """Ask for these topics and wait for the confirmation."""
        self._connection.send(json.dumps({"subscribe": list(topics)}))
        self.wait_for(lambda message: "subscribed" in message, 5)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def messages(self, seconds: float) -> Iterator[tuple[float, dict[str, Any]]]:
        """Each message that comes within so many seconds, with its time on the monotonic clock."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                text = self._connection.recv(timeout=left)
            except TimeoutError:
                return
            yield time.monotonic(), json.loads(text)

    def wait_for(self, wanted: Callable[[dict[str, Any]], bool], seconds: float) -> dict[str, Any]:
        """The first message that is wanted. Raises TimeoutError when none comes in time."""
        for _, message in self.messages(seconds):
            if wanted(message):
                return message
        raise TimeoutError(f"the awaited live message did not come within {seconds:.0f} s")


def _page(response: httpx.Response) -> Page:
    return Page(response.text, response.status_code, str(response.url))
