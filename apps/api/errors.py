"""Every refusal in one shape: `{"error": sentence, "problems": [{"path": […], "message": …}]}`."""

import logging
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from apps.changes.errors import ChangeError, Invalid
from lvs.formats.document import document_path
from lvs.rules import Path, Problem

logger = logging.getLogger(__name__)

DOCUMENT = "document.wrong"
"""The code of what is no such value at all, and so never came before `lvs.rules`."""
DATABASE = (
    "The console's database does not answer, or somebody else changed the same thing at the same moment. "
    "Nothing was stored: try again."
)
NOTHING = "There is nothing here, or you may not see it."


def answer_to(error: Exception, context: dict[str, Any]) -> Response | None:
    """What the caller gets for an error that a view raised; None where it is a mistake of ours."""
    if isinstance(error, Invalid):
        return _response(422, str(error), map(problem_in_words, error.problems))
    if isinstance(error, ChangeError):
        return _response(409, str(error))
    if isinstance(error, RequestDataTooBig):
        return _response(413, "The body is too large.")
    if isinstance(error, OperationalError | InterfaceError):
        logger.error("the database failed a request", exc_info=error)
        return Response(_body(DATABASE), status=503, headers={"Retry-After": "5"})
    if isinstance(error, ObjectDoesNotExist | Http404):
        error = NotFound(NOTHING)
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, ValidationError):
        problems = list(_flat(error.detail, ()))
        sentence = " ".join(dict.fromkeys(problem["message"] for problem in problems))
        return _response(422, sentence, problems)
    response.data = _body(str(response.data.get("detail", "")))  # its headers stay as they are
    return response


def problem_in_words(problem: Problem) -> dict[str, Any]:
    """A problem whose path leads through documents as people write them."""
    read = problem.code == DOCUMENT  # by a reader of documents: its path is one already
    path = problem.path if read else document_path(problem.path)
    return {"path": list(path), "message": problem.message, "code": problem.code}


def refused(status: int, sentence: str) -> Response:
    """A refusal that no error says."""
    return _response(status, sentence)


def _response(status: int, sentence: str, problems: Any = ()) -> Response:
    return Response(_body(sentence, list(problems)), status=status)


def _body(sentence: str, problems: Any = ()) -> dict[str, Any]:
    return {"error": sentence, "problems": list(problems)}


def _flat(detail: Any, path: Path) -> Iterator[dict[str, Any]]:
    """What a serializer found wrong, which it nests as the input was."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _flat(inner, path if name == "non_field_errors" else (*path, name))
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            yield from _flat(inner, (*path, index) if isinstance(inner, dict | list) else path)
    else:
        yield {
            "path": list(path),
            "message": str(detail),
            "code": getattr(detail, "code", "invalid"),
        }
