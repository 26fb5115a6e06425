"""Single values of keepalived.conf statements, each refused with its line where it is none."""

import re
from collections.abc import Sequence
from typing import NamedTuple, cast

from lvs.formats.errors import quoted
from lvs.formats.keepalived_blocks import Statement
from lvs.formats.place import Remarks
from lvs.model import Forwarding, TunnelChecksum, TunnelType
from lvs.rules.problem import did_you_mean, in_words

_METHODS: dict[str, Forwarding] = {"NAT": "masquerade", "DR": "direct", "TUN": "tunnel"}
_CHECKSUMS = {"nocsum": "none", "csum": "csum", "remcsum": "remcsum"}


class Method(NamedTuple):
    """What `lvs_method` (or `lb_kind`) says."""

    forwarding: Forwarding = "masquerade"
    tunnel_type: TunnelType = "ipip"
    tunnel_port: int = 0
    tunnel_checksum: TunnelChecksum = "none"


def word_of(statement: Statement, remarks: Remarks) -> str:
    """The one argument. keepalived reads no more of them, so that others are noted."""
    if len(statement.words) < 2:
        raise statement.place.error(f"{statement.keyword} needs a value after it")
    no_more(statement, 2, remarks)
    return statement.words[1]


def no_more(statement: Statement, words: int, remarks: Remarks) -> None:
    """Note what stands behind so many words: keepalived does not read it."""
    rest = statement.words[words:]
    if rest:
        message = f"{quoted(' '.join(rest))} after {statement.keyword}: keepalived does not read it"
        remarks.leave_out(statement.place, message)


def number_of(statement: Statement, remarks: Remarks) -> int:
    """The one argument as a whole number."""
    return whole(statement, word_of(statement, remarks))


def whole(statement: Statement, text: str) -> int:
    """A whole number in a statement."""
    if not re.fullmatch(r"[0-9]{1,18}", text):
        message = f"{statement.keyword} takes a whole number, not {quoted(text)}"
        raise statement.place.error(message)
    return int(text)


def choice_of(statement: Statement, text: str, choices: Sequence[str]) -> str:
    """One of some words, spelt exactly like that."""
    if text not in choices:
        message = f"{statement.keyword} can't be {quoted(text)}."
        hint = did_you_mean(text, choices) or f" It is {in_words(choices)}."
        raise statement.place.error(message + hint)
    return text


def method_of(statement: Statement) -> Method:
    """`NAT`, `DR`, or `TUN [type ipip|gue|gre] [port N] [nocsum|csum|remcsum]` in any order."""
    if len(statement.words) < 2:
        raise statement.place.error(f"{statement.keyword} needs NAT, DR or TUN after it")
    name = choice_of(statement, statement.words[1], tuple(_METHODS))
    method = Method(_METHODS[name])
    words = iter(statement.words[2:])
    for word in words:
        if name != "TUN":
            raise statement.place.error(f"{quoted(word)} goes with TUN only, not with {name}")
        if word in _CHECKSUMS:
            method = method._replace(tunnel_checksum=cast(TunnelChecksum, _CHECKSUMS[word]))
        elif word == "type":
            kind = choice_of(statement, next(words, ""), ("ipip", "gue", "gre"))
            method = method._replace(tunnel_type=cast(TunnelType, kind))
        elif word == "port":
            method = method._replace(tunnel_port=whole(statement, next(words, "")))
        else:
            known = ("type", "port", *_CHECKSUMS)
            raise statement.place.error(f"{quoted(word)} is none of {in_words(known)}")
    return method
