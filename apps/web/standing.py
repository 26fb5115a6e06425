"""Whether a director is enrolled, invited or neither, for its pages."""

from typing import Any, NamedTuple

from django.conf import settings

from apps.inventory.models import Director
from apps.trust.models import Identity, Invitation
from apps.trust.selectors import identity_now, open_invitation
from apps.trust.signing import SigningKeyError, public_key_text
from lvs.agent.sealing import key_id, public_key_from_text

PYTHON = "/opt/lvsconsole/bin/python"
"""Where docs/production.md puts the agent."""


class Standing(NamedTuple):
    """What the console believes of a director."""

    identity: Identity | None
    """What it proves itself with; None = it is not enrolled."""
    invitation: Invitation | None
    """Open now."""
    disobeys: bool
    """It said that it does not believe the key that the console signs with."""
    problem: str
    """Why nobody can be invited; "" where one can."""


def standing_of(director: Director, status: Any) -> Standing:
    """How the director stands; status: its newest word, None = not asked for."""
    identity = identity_now(director)
    try:
        key, problem = key_id(public_key_from_text(public_key_text())), ""
    except (SigningKeyError, ValueError) as error:
        key, problem = "", str(error)
    believed = status.console_keys if status and identity else []
    disobeys = bool(key and believed and key not in believed)
    return Standing(identity, open_invitation(director), disobeys, problem)


def enrol_command(code: str) -> str:
    """What is to be typed on the host, as root."""
    private_ca = " --redis-ca /etc/lvsconsole/redis-ca.pem" if settings.REDIS_CA else ""
    return f"sudo {PYTHON} -m lvs.agent enrol{private_ca} {code}"
