"""The audit log."""

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.endpoint import asked_of, describe, endpoint, found, listed
from apps.api.shapes.audit import AuditShape, AuditShort
from apps.api.shapes.inputs import AuditAsked
from apps.audit import selectors
from apps.audit.filters import AuditFilter
from apps.inventory.selectors import clusters


@describe("audit_list", listed(AuditShort), asked=AuditAsked, refusals=(401, 403, 422))
@endpoint("GET")
def records(request: Request) -> Response:
    """The records that you may read, newest first: of the clusters in which you are an auditor."""
    asked = asked_of(request, AuditAsked)
    rows = selectors.records(request.user)
    choices = clusters(request.user).values_list("pk", "name")
    chosen = AuditFilter(request.query_params, rows, list(choices))
    if not chosen.is_valid():
        raise ValidationError({name: list(said) for name, said in chosen.form.errors.items()})
    page = selectors.page(chosen.qs, before=asked.get("before"), after=None, size=asked["limit"])
    return Response({"items": AuditShort(page.records, many=True).data, "older": page.older})


@describe("audit_get", AuditShape)
@endpoint("GET")
def record(request: Request, number: int) -> Response:
    """One record, whole."""
    return Response(AuditShape(found(selectors.record, request.user, number)).data)
