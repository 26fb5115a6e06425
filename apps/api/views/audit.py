"""The audit log."""

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.endpoint import asked_of, describe, endpoint, found, listed, part_of
from apps.api.shapes.audit import AuditShape
from apps.api.shapes.inputs import AuditAsked
from apps.audit import selectors
from apps.audit.filters import AuditFilter


@describe("audit_list", listed(AuditShape), asked=AuditAsked, refusals=(401, 403, 422))
@endpoint("GET")
def records(request: Request) -> Response:
    """The records that you may read, newest first: of the clusters in which you are an auditor."""
    asked = asked_of(request, AuditAsked)
    chosen = AuditFilter(request.query_params, queryset=selectors.records(request.user))
    if not chosen.is_valid():
        raise ValidationError({name: list(said) for name, said in chosen.form.errors.items()})
    return part_of(request, chosen.qs, AuditShape, asked["limit"])


@describe("audit_get", AuditShape)
@endpoint("GET")
def record(request: Request, number: int) -> Response:
    """One record."""
    return Response(AuditShape(found(selectors.record, request.user, number)).data)
