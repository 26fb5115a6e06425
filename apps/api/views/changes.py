"""Changes: reading them, opening a draft, working on it."""

from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.endpoint import (
    asked_of,
    body_of,
    describe,
    endpoint,
    listed,
    part_of,
    version_in,
)
from apps.api.errors import NOTHING
from apps.api.shapes.changes import ChangeFull, ChangeShort
from apps.api.shapes.inputs import (
    ChangesAsked,
    DetailsInput,
    DraftInput,
    RebaseInput,
    ServiceInput,
    TableInput,
    Versioned,
)
from apps.api.tables import inside, service_in, table_in
from apps.api.views.common import change_now, change_of
from apps.changes import selectors, services
from apps.changes.errors import Invalid
from apps.changes.models import Change
from apps.inventory import selectors as inventory
from apps.inventory.keys import key_of
from apps.inventory.models import Cluster
from lvs.canonical_form import canonical_service
from lvs.model import ServiceKey, VirtualService
from lvs.rules import Problem

EDIT = (401, 403, 404, 409, 422)


@describe(
    "changes_list", listed(ChangeShort), asked=ChangesAsked, refusals=(401, 403, 422), method="GET"
)
@describe("changes_open", ChangeFull, takes=DraftInput, status=201, refusals=EDIT, method="POST")
@endpoint("GET", "POST")
def changes(request: Request) -> Response:
    """The changes of clusters that you may see, newest first; POST opens a draft from a cluster's head."""
    return _open(request) if request.method == "POST" else _list(request)


def _list(request: Request) -> Response:
    asked = asked_of(request, ChangesAsked)
    rows = selectors.changes(request.user).defer("table")
    names = {"cluster": "cluster__name", "state": "state", "author": "author__username"}
    rows = rows.filter(**{path: asked[name] for name, path in names.items() if name in asked})
    return part_of(rows, ChangeShort, asked)


def _open(request: Request) -> Response:
    body = body_of(request, DraftInput)
    try:
        cluster = inventory.clusters(request.user).get(name=body.pop("cluster"))
    except Cluster.DoesNotExist:
        raise ValidationError(
            {"cluster": "There is no such cluster, or you may not see it."}
        ) from None
    change = services.open_draft(actor=request.user, cluster=cluster, **body)
    return change_now(request, change.pk, 201)


@describe("changes_get", ChangeFull, method="GET")
@describe("changes_edit", ChangeFull, takes=DetailsInput, refusals=EDIT, method="PATCH")
@endpoint("GET", "PATCH")
def change(request: Request, number: int) -> Response:
    """One change with its table, approvals, plans and runs; PATCH: another title or reason of a draft."""
    if request.method == "PATCH":
        its = change_of(request, number)
        body = body_of(request, DetailsInput)
        version = version_in(request, body)
        kept = {"title": its.title, "reason": its.reason} | body | {"version": version}
        services.edit_details(actor=request.user, change=its, **kept)
    return change_now(request, number)


@describe("changes_put_table", ChangeFull, takes=TableInput, refusals=EDIT)
@endpoint("PUT")
def table(request: Request, number: int) -> Response:
    """Put a whole table in the place of all that the draft holds."""
    its = change_of(request, number)
    body = body_of(request, TableInput)
    version, given = version_in(request, body), table_in(body["table"])
    with inside("table"):
        services.put_table(actor=request.user, change=its, version=version, table=given)
    return change_now(request, number)


@describe("changes_put_service", ChangeFull, takes=ServiceInput, refusals=EDIT, method="PUT")
@describe("changes_remove_service", ChangeFull, takes=Versioned, refusals=EDIT, method="DELETE")
@endpoint("PUT", "DELETE")
def service(request: Request, number: int, key: str) -> Response:
    """Add a service to the draft, put it in the place of the one with this key, or take it out.

    A key is `tcp-192.0.2.1-80` or `fwmark-5-inet6`. A service that is put under the key of another one
    replaces that.
    """
    its, named = change_of(request, number), found_key(key)
    if request.method == "DELETE":
        version = version_in(request, body_of(request, Versioned))
        if named not in selectors.table_of(its).by_key():
            raise NotFound(NOTHING)
        services.remove_service(actor=request.user, change=its, version=version, key=named)
    else:
        _put(request, its, named)
    return change_now(request, number)


def _put(request: Request, its: Change, named: ServiceKey) -> None:
    body = body_of(request, ServiceInput)
    version, given = version_in(request, body), service_in(body["service"])
    old = named if named in selectors.table_of(its).by_key() else None
    key = _key(given)
    if old is None and key not in (None, named):
        message = f"The address names {named}, which is not in the draft, and this is {key}."
        raise Invalid([Problem(("service",), "service.key", message)])
    with inside("service"):
        services.put_service(
            actor=request.user, change=its, version=version, old_key=old, service=given
        )


def _key(service: VirtualService) -> ServiceKey | None:
    """Its identity; None where a part of it is wrong, which the service then says."""
    try:
        return canonical_service(service).key
    except ValueError:
        return None


def found_key(text: str) -> ServiceKey:
    """The identity of a service that an address names. Raises NotFound."""
    try:
        return key_of(text)
    except ValueError:
        raise NotFound(NOTHING) from None


@describe("changes_rebase", ChangeFull, takes=RebaseInput, refusals=EDIT)
@endpoint("POST")
def rebase(request: Request, number: int) -> Response:
    """Bring a draft up to the head of now. Where both changed the same, a problem asks which side to take."""
    its = change_of(request, number)
    body = body_of(request, RebaseInput)
    version = version_in(request, body)
    services.rebase_change(actor=request.user, change=its, version=version, choices=body["choices"])
    return change_now(request, number)
