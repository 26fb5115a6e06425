"""Django's own `createsuperuser` is switched off."""

from apps.accounts.management.switched_off import SwitchedOff


class Command(SwitchedOff):
    """See `help`."""

    instead = "create_user NAME --role admin"
