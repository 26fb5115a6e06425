"""`manage.py relay`: run the relay."""

import logging
import signal
import socket
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.jobs.relay.process import Relay

logger = logging.getLogger("apps.jobs.relay")


class Command(BaseCommand):
    """See `help`."""

    help = (
        "Reads what the directors report, stores it and passes it on to browsers. Ends on SIGTERM or "
        "SIGINT. Several may run side by side, each with a name of its own."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Its name."""
        parser.add_argument(
            "--name",
            default=socket.gethostname(),
            help="tells relays apart, and one relay from itself before a restart (the host's name)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until a signal; raises CommandError after an error of our own."""
        relay = Relay(options["name"][:63])

        def stop(number: int, _frame: object) -> None:
            logger.info("relay: %s, stopping", signal.Signals(number).name)
            relay.stop.set()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        logger.info("relay %s: reading what the directors report", options["name"])
        if not relay.run():
            raise CommandError("the relay ended because of an error, see above")
