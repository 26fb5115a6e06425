"""Everything that runs on a director: model, rules, plan, formats, netlink, apply, agent.

No Django and no database here: a director installs this package alone.
"""
