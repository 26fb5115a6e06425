"""What all endpoints share: who may call them how, what they are told, what they find."""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from django.views.decorators.cache import never_cache
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework.decorators import api_view
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import IntegerField, Serializer

from apps.api.errors import NOTHING
from apps.api.shapes.audit import Refusal
from apps.api.shapes.inputs import MOST_VERSION, Input

P = ParamSpec("P")
T = TypeVar("T")
View = Callable[..., Any]

IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description='The change\'s version: `"3"`.'
)


def endpoint(*methods: str) -> Callable[[View], View]:
    """A view of the API for these methods; nobody keeps its answers."""

    def decorate(view: View) -> View:
        return never_cache(api_view(list(methods))(view))

    return decorate


def describe(
    name: str,
    gives: Any,
    *,
    takes: type[Serializer] | None = None,
    asked: type[Serializer] | None = None,
    status: int = 200,
    refusals: tuple[int, ...] = (401, 403, 404),
    method: str = "",
) -> Callable[[View], View]:
    """The endpoint in the OpenAPI document. method: where one view serves several."""
    versioned = takes is not None and "version" in takes().fields
    described: Callable[[View], View] = extend_schema(
        operation_id=name,
        methods=[method] if method else None,
        request=takes,
        parameters=[*([asked] if asked else ()), *([IF_MATCH] if versioned else ())],
        responses={status: gives} | dict.fromkeys(refusals, Refusal),
    )
    return described


def listed(shape: type[Serializer]) -> Serializer:
    """The shape of a part of a long list."""
    name = shape.__name__.removesuffix("Shape").removesuffix("Short")
    older = IntegerField(allow_null=True, help_text="Ask for it with ?before=; null: no more.")
    return inline_serializer(f"{name}Page", {"items": shape(many=True), "older": older})


def complete(shape: type[Serializer]) -> Serializer:
    """The shape of a list that comes as a whole."""
    name = shape.__name__.removesuffix("Short")
    return inline_serializer(f"{name}List", {"items": shape(many=True)})


def body_of(request: Request, shape: type[Input]) -> dict[str, Any]:
    """The body, checked. Raises ValidationError."""
    return _checked(shape(data=request.data))


def asked_of(request: Request, shape: type[Input]) -> dict[str, Any]:
    """The query, checked. Raises ValidationError."""
    return _checked(shape(data=request.query_params.dict()))


def _checked(form: Any) -> dict[str, Any]:
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)


def version_in(request: Request, body: dict[str, Any]) -> int:
    """The version that the caller saw: of the body, or of If-Match. Raises ValidationError without one."""
    tag = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    tagged = int(tag) if tag.isascii() and tag.isdigit() and len(tag) < 10 else None
    if tag and tagged is None:
        raise ValidationError({"version": "If-Match holds no version of a change."})
    named: int | None = body.get("version", tagged)
    if named is None or named > MOST_VERSION:
        raise ValidationError({"version": "Say which version you saw: here, or as If-Match."})
    if tagged not in (None, named):
        raise ValidationError({"version": "The body and If-Match name different versions."})
    return named


def found(select: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What the selector gives. Raises NotFound where there is nothing that the caller may see."""
    try:
        return select(*args, **kwargs)
    except ObjectDoesNotExist:
        raise NotFound(NOTHING) from None


def part_of(rows: QuerySet[Any], shape: type[Serializer], asked: dict[str, Any]) -> Response:
    """The part of a long list that `Paged` asks for, newest first: no count, no offset."""
    if before := asked.get("before"):
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk")[: asked["limit"] + 1])
    shown = found[: asked["limit"]]
    older = shown[-1].pk if len(found) > len(shown) else None
    return Response({"items": shape(shown, many=True).data, "older": older})
