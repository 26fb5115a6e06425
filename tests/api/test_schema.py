"""The OpenAPI document: valid, complete, and the same for everybody."""

from django.urls import get_resolver
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from apps.api.views.schema import _document


def test_the_document_is_valid():
    validate_schema(_document())


def test_it_is_made_without_a_warning(capsys):
    GENERATOR_STATS.reset()
    SchemaGenerator().get_schema(request=None, public=True)
    assert capsys.readouterr().err == ""


def test_every_address_is_in_it():
    (api,) = (p for p in get_resolver().url_patterns if getattr(p, "app_name", "") == "api")
    listed = {pattern.name for pattern in api.url_patterns} - {"schema", "nothing"}
    assert len(_document()["paths"]) == len(listed)


def test_every_operation_asks_for_a_token_and_says_what_it_refuses():
    for methods in _document()["paths"].values():
        for operation in methods.values():
            assert operation["security"] == [{"token": []}]
            assert {"401", "403"} <= operation["responses"].keys()
            assert operation["description"]
