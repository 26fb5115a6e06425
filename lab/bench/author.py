"""Who proposes the changes whose approval is timed: a program with a token of the API."""

import itertools
from typing import Any

import httpx

from lab.bench.tables import plain_table
from lab.story import Story
from lvs.documents import table_to_document
from lvs.model import Table

CLUSTER = "web"
SERVICES, SERVERS = 20, 50
"""A table of 1,000 real servers."""
EDITED = 2
"""Services whose real servers get other weights in each change: 100 real servers."""


def _table(weight: int) -> Table:
    """With this weight for the first real server of each service that is edited, one more for each next."""
    edited = plain_table(EDITED, SERVERS, weight)
    others = plain_table(SERVICES, SERVERS)
    return others._replace(services=(*edited.services, *others.services[EDITED:]))


class Author:
    """Makes the cluster with its one director, and its changes, each with 100 other weights."""

    def __init__(self, story: Story) -> None:
        self._change_numbers = itertools.count(1)
        operator = story.sign_in("operator")
        page = story.page("operator", "/clusters/new/")
        [director] = page.all(r'name="directors" value="(\d+)"')
        operator.send(page, "name", name=CLUSTER, directors=director)
        page = story.page("operator", "/account/tokens/new/")
        page = operator.send(page, "life", name="bench", role="operator")
        [token] = page.all(r'<pre id="secret">(.*?)</pre>')
        self._api = httpx.Client(
            base_url=f"{story.stack.url}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
        )

    def submit_next(self) -> int:
        """The number of a new change, in review: the first one brings the table, each other one edits it."""
        number = next(self._change_numbers)
        words = {"cluster": CLUSTER, "title": f"Weights, {number}", "reason": "It is measured"}
        change = self._ask("POST", "/changes/", words)
        path = f"/changes/{change['number']}/"
        table = table_to_document(_table(weight=1 + number % 2))
        change = self._ask("PUT", f"{path}table/", {"version": change["version"], "table": table})
        change = self._ask("POST", f"{path}submit/", {"version": change["version"]})
        [plan] = change["plans"]
        assert change["state"] == "in_review", change["state"]
        assert number == 1 or len(plan["steps"]) == EDITED * SERVERS, len(plan["steps"])
        return int(change["number"])

    def close(self) -> None:
        """Leave."""
        self._api.close()

    def _ask(self, method: str, path: str, body: dict[str, Any]) -> Any:
        answer = self._api.request(method, path, json=body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json()
