"""The command that makes a host a director, as people type it."""

from django.conf import settings

PYTHON = "/opt/lvsconsole/bin/python"
"""Where docs/production.md puts the agent."""


def enrol_command(code: str) -> str:
    """What is to be typed on the host, as root."""
    private_ca = " --redis-ca /etc/lvsconsole/redis-ca.pem" if settings.REDIS_CA else ""
    return f"sudo {PYTHON} -m lvs.agent enrol{private_ca} {code}"
