"""Clusters, their revisions, directors."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.endpoint import (
    asked_of,
    body_of,
    complete,
    describe,
    endpoint,
    found,
    listed,
    part_of,
)
from apps.api.shapes import inventory as shapes
from apps.api.shapes.changes import ChangeFull
from apps.api.shapes.inputs import Nothing, Paged, RollbackInput
from apps.api.views.common import change_now
from apps.changes import services
from apps.inventory import selectors
from apps.telemetry.selectors import FOR_PRESENCE, LARGE, presences


@describe("clusters_list", complete(shapes.ClusterShort), refusals=(401, 403))
@endpoint("GET")
def clusters(request: Request) -> Response:
    """The clusters that you may see, by name."""
    asked_of(request, Nothing)
    rows = selectors.clusters(request.user).defer("head__table")
    return Response({"items": shapes.ClusterShort(rows, many=True).data})


@describe("clusters_get", shapes.Cluster)
@endpoint("GET")
def cluster(request: Request, name: str) -> Response:
    """One cluster, with the table of its head."""
    return Response(shapes.Cluster(found(selectors.cluster, request.user, name)).data)


@describe(
    "revisions_list",
    listed(shapes.RevisionShort),
    asked=Paged,
    refusals=(401, 403, 404, 422),
)
@endpoint("GET")
def revisions(request: Request, name: str) -> Response:
    """The revisions of a cluster, newest first."""
    asked = asked_of(request, Paged)
    its = found(selectors.cluster, request.user, name)
    rows = selectors.revisions(request.user, its).defer("table")
    return part_of(rows, shapes.RevisionShort, asked)


@describe("revisions_get", shapes.Revision)
@endpoint("GET")
def revision(request: Request, name: str, number: int) -> Response:
    """One revision, with its table."""
    its = found(selectors.cluster, request.user, name)
    one = found(selectors.revisions(request.user, its).get, number=number)
    return Response(shapes.Revision(one).data)


@describe(
    "revisions_roll_back",
    ChangeFull,
    takes=RollbackInput,
    status=201,
    refusals=(401, 403, 404, 409, 422),
)
@endpoint("POST")
def roll_back(request: Request, name: str, number: int) -> Response:
    """A draft that holds exactly the table of this revision. It is submitted as any other."""
    its = found(selectors.cluster, request.user, name)
    one = found(selectors.revisions(request.user, its).get, number=number)
    body: dict[str, Any] = {"title": f"Go back to revision {number}"} | body_of(
        request, RollbackInput
    )
    change = services.open_rollback(actor=request.user, revision=one, **body)
    return change_now(request, change.pk, 201)


@describe("directors_list", complete(shapes.DirectorShort), refusals=(401, 403))
@endpoint("GET")
def directors(request: Request) -> Response:
    """The directors that you may see, by name, with their presence."""
    asked_of(request, Nothing)
    rows = selectors.directors(request.user).select_related(*FOR_PRESENCE).defer(*LARGE)
    found = list(rows)
    context = {"presences": presences(found)}
    return Response({"items": shapes.DirectorShort(found, many=True, context=context).data})


@describe("directors_get", shapes.DirectorFull)
@endpoint("GET")
def director(request: Request, uuid: Any) -> Response:
    """One director, with what it said of itself."""
    one = found(selectors.director, request.user, uuid)
    context = {"presences": presences([one])}
    return Response(shapes.DirectorFull(one, context=context).data)
