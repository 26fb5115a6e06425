"""The API's own description, and what is asked for where nothing is."""

from functools import cache
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.endpoint import endpoint
from apps.api.errors import NOTHING


class TokenScheme(OpenApiAuthenticationExtension):
    """How a token is shown. Being there is enough: drf-spectacular finds it."""

    target_class = "apps.api.door.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """In OpenAPI's words."""
        return {"type": "http", "scheme": "bearer"}


@extend_schema(exclude=True)
@endpoint("GET")
def schema(request: Request) -> Response:
    """OpenAPI 3.1, for whoever has a token: nothing of the console is open to those who have none."""
    return Response(_document())


@cache
def _document() -> dict[str, Any]:
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return made


@extend_schema(exclude=True)
@endpoint("GET", "POST", "PUT", "PATCH", "DELETE")
def nothing(request: Request) -> Response:
    """Any other address below /api/v1/."""
    raise NotFound(NOTHING)
