"""Which format a text is in, told by its first line that is neither blank nor a comment."""

import re
from typing import Literal

from lvs.formats.errors import FormatError

Source = Literal["ipvsadm", "keepalived", "ldirectord", "json", "yaml"]
SOURCES: tuple[Source, ...] = ("ipvsadm", "keepalived", "ldirectord", "json", "yaml")

_IPVSADM = re.compile(r"(\S*ipvsadm\s+)?--?[A-Za-z]")
_LISTINGS = ("IP Virtual Server version", "Prot LocalAddress")


def detect(text: str) -> Source:
    """The format of a text. Raises FormatError where there is nothing in it, or a listing.

    What is none of the others is taken for YAML, whose reader says what is wrong.
    """
    line, start = _first_content(text)
    if start.startswith(("{", "[")):
        return "json"
    if _IPVSADM.match(start):
        return "ipvsadm"
    if start.startswith(_LISTINGS):
        message = "this is a listing (ipvsadm -Ln), which lacks settings"
        raise FormatError(line, f"{message}: give the output of ipvsadm -Sn")
    if _is_keepalived(start):
        return "keepalived"
    return "ldirectord" if _is_ldirectord(start) else "yaml"


def is_save(text: str) -> bool:
    """Whether the text is read as the output of `ipvsadm -S`, which holds no thresholds."""
    try:
        return detect(text) == "ipvsadm"
    except FormatError:
        return False


def _is_keepalived(start: str) -> bool:
    if re.match(r"!|\$\w+=|~(SEQx?|LST)\(|@\^?\S+\s+\S|include[rmwba]?\s+[^:\s]", start):
        return True
    word = re.match(r"\w+", start)
    if not word or re.match(r"\w+\s*(=|:(\s|$))", start):  # a setting of the other two
        return False
    from lvs.formats.keepalived_words import FIRST_WORDS

    return word[0] in FIRST_WORDS


def _is_ldirectord(start: str) -> bool:
    setting = re.match(r"(\w+)\s*=", start)
    if not setting:
        return start == "supervised"
    from lvs.formats.ldirectord_words import FIRST_WORDS

    return setting[1] in FIRST_WORDS


def _first_content(text: str) -> tuple[int, str]:
    """The first line that is neither blank nor a comment, and its number."""
    number, start = 0, int(text.startswith("\ufeff"))
    while start <= len(text):  # not split: that copies all of a large text
        number, end = number + 1, text.find("\n", start)
        end = len(text) if end < 0 else end
        stripped = text[start:end].strip()
        if stripped and not stripped.startswith("#"):
            return number, stripped
        start = end + 1
    raise FormatError(
        None, "the input is empty; to say that there are no services, write: services: []"
    )
