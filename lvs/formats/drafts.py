"""A text in any format → a draft: chooses the reader, and loads no other."""

from typing import TYPE_CHECKING, Literal

from lvs.formats.detect import Source, detect
from lvs.formats.errors import Draft, FormatError

if TYPE_CHECKING:
    from lvs.formats.surroundings import Surroundings

MAX_LENGTH = 64 * 1024 * 1024
"""Characters: a table of ten thousand real servers takes two million."""


def draft_of(text: str, source: Source | Literal["auto"], around: "Surroundings | None") -> Draft:
    """What the text says, unchecked by rules. Raises FormatError."""
    if len(text) > MAX_LENGTH:
        raise FormatError(None, f"the input is longer than {MAX_LENGTH} characters")
    found = detect(text)  # also where the format is given: an empty text and a listing are none
    if source != "auto":
        found = source
    text = text.removeprefix("\ufeff")
    if found == "json":
        return _braces(text) if source == "auto" else _json(text)
    if found == "yaml":
        from lvs.formats.yaml_text import read_yaml

        return read_yaml(text)
    from lvs.formats.surroundings import ALONE

    around = around or ALONE
    if found == "keepalived":
        from lvs.formats.keepalived_read import read_keepalived

        return read_keepalived(text, around)
    if found == "ldirectord":
        from lvs.formats.ldirectord_read import read_ldirectord

        return read_ldirectord(text, around)
    from lvs.formats.ipvsadm_save import read_save

    return read_save(text, around)


def _json(text: str) -> Draft:
    from lvs.formats.json_text import read_json

    return read_json(text)


def _braces(text: str) -> Draft:
    """JSON; or YAML in its flow style, which begins as JSON does."""
    from lvs.formats.json_text import NotJson

    try:
        return _json(text)
    except NotJson as error:
        from lvs.formats.yaml_text import read_yaml

        try:
            return read_yaml(text)
        except FormatError:
            raise error from None
