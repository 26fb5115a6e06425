"""What views of changes share."""

from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.endpoint import found
from apps.api.shapes.changes import ChangeFull
from apps.changes import selectors
from apps.changes.models import Change


def change_of(request: Request, number: int) -> Change:
    """The change of this number. Raises NotFound, PermissionDenied."""
    return found(selectors.change, request.user, number)


def change_now(request: Request, number: int, status: int = 200) -> Response:
    """The change as it is now, its version as the ETag too."""
    change = change_of(request, number)
    document = ChangeFull(change, context={"user": request.user}).data
    return Response(document, status=status, headers={"ETag": f'"{change.version}"'})
