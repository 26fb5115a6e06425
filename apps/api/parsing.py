"""Bodies: JSON and nothing else, read as strictly as files of tables are."""

import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from apps.api.characters import check_characters

MAX_DIGITS = 20
"""No number that a table holds has more."""


class JsonBody(BaseParser):
    """The body of a request."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The value. Raises ParseError, Invalid where a text holds what is no character, and
        RequestDataTooBig above DATA_UPLOAD_MAX_MEMORY_SIZE."""
        # A request's own `body` is held against that limit, reading it as a stream isn't.
        body = stream.body if hasattr(stream, "body") else stream.read()
        try:
            value = json.loads(
                body.decode(),
                object_pairs_hook=_object,
                parse_constant=_constant,
                parse_int=_whole,
            )
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None
        except ValueError as error:
            raise ParseError(f"The body is no JSON: {error}.") from None
        if b"\\u" in body:  # UTF-8 holds no half characters, and JSON no null: only escapes do
            check_characters(value)
        return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name stands twice in an object")
    return made


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _whole(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError("a number is too large")
    return int(digits)
