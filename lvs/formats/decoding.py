"""The bytes of a file → its text."""

import re

from lvs.formats.errors import FormatError

_COMMENT = re.compile(rb"[^\"']*?(?:^|\s)[#!]").match
"""Up to the sign of a comment that surely is one: no quotation mark stands before it."""


def text_from(raw: bytes) -> str:
    """The text, which must be UTF-8; only in comments is what isn't replaced by U+FFFD.

    Configuration files are older than UTF-8, and who wrote in a comment of one is often called Müller.
    Raises FormatError with the first line that is wrong.
    """
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return "\n".join(_line(line, number) for number, line in enumerate(raw.split(b"\n"), 1))


def _line(line: bytes, number: int) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        comment = _COMMENT(line)
        if comment is None or error.start < comment.end():
            raise FormatError(number, "this is no UTF-8 text") from None
        return line.decode(errors="replace")
