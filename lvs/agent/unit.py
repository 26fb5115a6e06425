"""`python -m lvs.agent unit`: the unit for systemd, for the Python that prints it."""

import sys
from importlib.resources import files

_PYTHON = "/opt/lvsconsole/bin/python"
"""As it stands in the file."""


def text() -> str:
    """The unit, to be saved as /etc/systemd/system/lvsconsole-agent.service."""
    unit = files("lvs.agent").joinpath("lvsconsole-agent.service").read_text()
    return unit.replace(_PYTHON, sys.executable)
