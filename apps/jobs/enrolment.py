"""What a new director needs to know: the configuration of its agent."""

import json

from django.conf import settings

from apps.inventory.models import Director
from apps.jobs.signing import public_key_text

STATE_DIR = "/var/lib/lvsconsole"
SAMPLE_INTERVAL = 1.0


def agent_config(director: Director) -> str:
    """The text of the director's `agent.toml`. Keep it secret: it opens Redis.

    Raises apps.jobs.signing.SigningKeyError when the console has no signing key yet.
    """
    lines = [
        f"# Agent of director {director.name}. Save as /etc/lvsconsole/agent.toml, readable by its",
        "# user only: the address of Redis is a secret.",
        f"director = {_text(str(director.uuid))}",
        f"name = {_text(director.name)}",
        f"redis_url = {_text(settings.DIRECTOR_REDIS_URL)}",
        f"console_key = {_text(public_key_text())}",
        f"state_dir = {_text(STATE_DIR)}",
        f"sample_interval = {SAMPLE_INTERVAL}  # seconds between two readings of the counters",
    ]
    return "\n".join(lines) + "\n"


def _text(value: str) -> str:
    """A basic string of TOML: JSON's escapes are a part of TOML's."""
    return json.dumps(value, ensure_ascii=False)
