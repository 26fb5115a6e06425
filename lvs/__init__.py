"""Everything that runs on a director: model, rules, plan, formats, netlink, apply, agent.

No Django and no database here: a director installs this package alone.
"""

__version__ = "0.1.0"
"""The version of the whole project: pyproject.toml reads it here."""
