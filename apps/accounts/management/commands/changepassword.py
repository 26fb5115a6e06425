"""Django's own `changepassword` is switched off."""

from apps.accounts.management.switched_off import SwitchedOff


class Command(SwitchedOff):
    """See `help`."""

    instead = "set_password NAME"
