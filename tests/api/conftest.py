"""Programs with tokens. Whatever they are answered is held against the OpenAPI document."""

import json
import re
from functools import cache

import pytest
from django.core.cache import cache as requests_counted
from django.test import Client
from jsonschema import Draft202012Validator

from apps.api.views.schema import _document
from tests.factories import make_cluster, make_token, make_user
from tests.web.conftest import every_write_is_recorded, signing_key  # noqa: F401  (fixtures)

UNDOCUMENTED = {400, 405, 406, 413, 415, 429, 503}
"""What may be answered by every address, and stands in docs/api.md."""


class Program:
    """What calls the API with a token of the owner's."""

    def __init__(self, owner, role=None, cluster=None, text=None):
        role = role or owner.grants.first().role
        self.owner = owner
        self.token = None
        if text is None:
            self.token, text = make_token(owner, role, cluster)
        self.text = text
        self.client = Client(raise_request_exception=True)

    def call(self, method, path, body=None, **headers):
        """The response; its JSON is as the document says."""
        if self.text:
            headers["Authorization"] = f"Bearer {self.text}"
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body)
        response = self.client.generic(
            method, f"/api/v1/{path}", data, "application/json", headers=headers
        )
        check(method, response)
        return response

    def get(self, path, **headers):
        return self.call("GET", path, **headers)

    def post(self, path, body=None, **headers):
        return self.call("POST", path, body, **headers)

    def put(self, path, body=None, **headers):
        return self.call("PUT", path, body, **headers)

    def patch(self, path, body=None, **headers):
        return self.call("PATCH", path, body, **headers)

    def delete(self, path, body=None, **headers):
        return self.call("DELETE", path, body, **headers)


def check(method, response):
    """Fails where the answer is another than the OpenAPI document says."""
    match = response.resolver_match
    if match.url_name in ("nothing", "schema"):
        return
    if response.status_code in UNDOCUMENTED:
        schema = {"$ref": "#/components/schemas/Refusal"}
    else:
        template = "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", match.route)
        operation = _document()["paths"][template][method.lower()]
        assert str(response.status_code) in operation["responses"], response.content
        described = operation["responses"][str(response.status_code)]
        schema = described["content"]["application/json"]["schema"]
    validator(json.dumps(schema)).validate(response.json())


@cache
def validator(schema):
    """Of one schema, with the parts that it refers to."""
    return Draft202012Validator(json.loads(schema) | {"components": _document()["components"]})


@pytest.fixture(autouse=True)
def nobody_has_asked_before():
    """Requests of other tests' tokens, which may have had the same ids."""
    requests_counted.clear()


@pytest.fixture
def cluster(db):
    return make_cluster("web")


@pytest.fixture
def mail(db):
    return make_cluster("mail")


@pytest.fixture
def operator(cluster):
    return Program(make_user("operator", "olga"))


@pytest.fixture
def approver(cluster):
    return Program(make_user("approver", "adil"))


@pytest.fixture
def viewer(cluster):
    return Program(make_user("viewer", "vera"))


@pytest.fixture
def auditor(cluster):
    return Program(make_user("auditor", "aura"))


@pytest.fixture
def admin(cluster):
    return Program(make_user("admin", "anna"))
