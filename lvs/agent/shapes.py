"""Reading what directors say: the only door into the console for their messages.

What passes has every field, of the right type; the values are still a director's word. Standard
library only.
"""

from collections.abc import Callable
from typing import Any

from lvs.agent.reading import LONGEST, BadMessage, read_object, short
from lvs.agent.streams import ROW_FIELDS, SCHEMA, Message

__all__ = ["LONGEST", "BadMessage", "parse_report", "parse_sample"]

_NUMBER = (int, float)
_PLACE = {"session": str, "number": int}
"""Where an entry stands among all of its director."""
_HEAD = {"schema": int, "type": str, "director": str, "at": _NUMBER} | _PLACE
_STEP = {"text": str, "command": str}
_RESULT = {"index": int, "state": str, "error": str}
_RUN = {"run": int, "revision": int}
_SHAPES: dict[str, dict[str, Any]] = {
    "heartbeat": {"facts": dict, "revision": int, "owned_digest": str, "problem": str}
    | {"last_run": dict, "console_keys": list},
    "observed": {"table": dict, "owned": dict, "owned_digest": str},
    "run_started": _RUN | {"steps": [_STEP]},
    "run_steps": {"run": int, "results": [_RESULT]},
    "run_finished": _RUN
    | {"state": str, "code": str, "error": str, "digest": str, "already": bool}
    | {"steps": [_STEP | {"state": str, "error": str}]},
    "refused": {"what": str, "reason": str},
    "errand_answered": {"errand": int, "answer": dict, "error": str},
}


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_prefix(value: Any) -> bool:
    return type(value) is int and 0 <= value <= 128


def _addresses(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(item, dict)
        and item.keys() - {"prefix"} == {"interface", "address"}
        and _texts([item["interface"], item["address"]])
        and _is_prefix(item.get("prefix", 0))
        for item in value
    )


_FACTS: dict[str, type | Callable[[Any], bool]] = {
    "hostname": str,
    "kernel": str,
    "agent_version": str,
    "ipvs_version": str,
    "connection_table_size": int,
    "schedulers": _texts,
    "all_schedulers": bool,  # whether the kernel can load no others
    "lacks": _texts,  # of `sip`, `sctp` and `inet6` what its IPVS surely hasn't
    "addresses": _addresses,
    "ip_forward": bool,
    "ip6_forward": bool,
}
"""What a director may say of itself. An agent of another version may leave some out."""
LONGEST_HEARTBEAT = 1 << 20
"""The same of a heartbeat, whose facts every list of directors reads: a host of thousands of addresses."""
_LAST_REVISION = 2**31 - 1
_LAST_TIME = 253_402_300_799  # the end of the year 9999
_WORDS = {
    "run_finished": {"verified", "failed", "partial"},
    "last_run": {"running", "interrupted", "verified", "failed", "partial"},
    "step": {"done", "failed", "skipped"},
}


def parse_report(text: str | bytes, director: str) -> Message:
    """The report in a stream entry's field `m`, of the director whose stream it stands in.

    Raises BadMessage when it isn't one, or when it speaks for another director.
    """
    message = read_object(text)
    _check(message, _HEAD, "report")
    if message["schema"] != SCHEMA:
        raise BadMessage(f"report has schema {message['schema']}, not {SCHEMA}")
    if message["director"] != director:
        other = short(message["director"])
        raise BadMessage(f"report of director {other} in the stream of {director}")
    kind = message["type"]
    if kind not in _SHAPES:
        raise BadMessage(f"report has the unknown type “{short(kind)}”")
    _check(message, _SHAPES[kind], kind)
    if kind == "run_finished" and message["state"] not in _WORDS[kind]:
        raise BadMessage(f"run_finished: unknown state “{short(message['state'])}”")
    if kind == "heartbeat":
        _check_heartbeat(message, len(text))
        message["facts"] = _known_facts(message["facts"])
        _check_more_of_heartbeat(message)
    field = {"run_steps": "results", "run_finished": "steps"}.get(kind)
    for result in message[field] if field else ():
        if result["state"] not in _WORDS["step"]:
            raise BadMessage(f"{kind}: unknown step state “{short(result['state'])}”")
    return message


def parse_sample(text: str | bytes) -> Message:
    """The sample in a stream entry's field `m`. Raises BadMessage when it isn't one."""
    message = read_object(text)
    _check(message, {"schema": int, "at": _NUMBER, "seq": int, "rows": dict} | _PLACE, "sample")
    if message["schema"] != SCHEMA:
        raise BadMessage(f"sample has schema {message['schema']}, not {SCHEMA}")
    if type(message.setdefault("interval", None)) not in (*_NUMBER, type(None)):
        raise BadMessage("sample: field “interval” has the wrong type")
    if not 0 <= message["at"] <= _LAST_TIME:
        raise BadMessage(f"sample: “{message['at']}” is no time")
    for name, row in message["rows"].items():
        if not isinstance(row, list) or len(row) != len(ROW_FIELDS):
            raise BadMessage(f"sample: row “{short(name)}” has not {len(ROW_FIELDS)} values")
        if not all(value is None or type(value) in _NUMBER for value in row):
            raise BadMessage(f"sample: row “{short(name)}” holds something that is no number")
    return message


def _check_more_of_heartbeat(message: Message) -> None:
    if not _texts(message["console_keys"]):
        raise BadMessage("heartbeat: field “console_keys” has the wrong type")
    run = message["last_run"]
    if not run:
        return
    _check(run, _RUN | {"state": str, "error": str, "digest": str}, "heartbeat.last_run")
    if run["state"] not in _WORDS["last_run"]:
        raise BadMessage(f"heartbeat: unknown state “{run['state']}” of a run")


def _check_heartbeat(message: Message, length: int) -> None:
    if length > LONGEST_HEARTBEAT:
        raise BadMessage(f"heartbeat: longer than {LONGEST_HEARTBEAT >> 20} MiB")
    if not 0 <= message["revision"] <= _LAST_REVISION:
        raise BadMessage(f"heartbeat: {message['revision']} is the number of no revision")


def _known_facts(facts: Message) -> Message:
    """The facts that pages show, without any others. Raises BadMessage on one of a wrong type."""
    for name, wanted in _FACTS.items():
        value = facts.get(name)
        fits = type(value) is wanted if isinstance(wanted, type) else wanted(value)
        if name in facts and not fits:
            raise BadMessage(f"heartbeat: fact “{name}” has the wrong type")
    return {name: facts[name] for name in _FACTS if name in facts}


def _check(value: Any, shape: dict[str, Any], where: str) -> None:
    if not isinstance(value, dict):
        raise BadMessage(f"{where}: not an object")
    for name, wanted in shape.items():
        got = value.get(name)
        if isinstance(wanted, list):
            if not isinstance(got, list):
                raise BadMessage(f"{where}: field “{name}” is not a list")
            for item in got:
                _check(item, wanted[0], f"{where}.{name}")
        elif not isinstance(got, wanted) or (isinstance(got, bool) and wanted is not bool):
            raise BadMessage(f"{where}: field “{name}” is missing or has the wrong type")
