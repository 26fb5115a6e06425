"""`manage.py signing_key`: make the console's signing key, and change it while directors go on believing."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.jobs.services.spread_keys import directors_behind
from apps.trust import signing
from apps.trust.services import note_keys, withdraw_invitations
from apps.trust.signing import SigningKeyError
from lvs.agent.sealing import key_id


class Command(BaseCommand):
    """See `help`."""

    help = (
        "Creates the key that signs orders to directors, unless there is one; prints its public half. "
        "To change it: --announce, wait until every director believes the new one, then --finish."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The two halves of a change of keys."""
        acts = parser.add_mutually_exclusive_group()
        acts.add_argument(
            "--announce",
            action="store_true",
            help="make the next key; the worker tells it to directors",
        )
        acts.add_argument(
            "--finish",
            action="store_true",
            help="sign with the next key from now on; forget the old one",
        )
        parser.add_argument(
            "--force",
            action="store_true",
            help="finish though some directors don't know it: they must be enrolled anew",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, print the public key that signs now."""
        if options["force"] and not options["finish"]:
            raise CommandError("--force goes with --finish")
        try:
            if options["announce"]:
                self._announce()
            elif options["finish"]:
                self._finish(options["force"])
            elif signing.create_signing_key():
                self.stderr.write(f"Created {settings.SIGNING_KEY_FILE}")
            note_keys()
            self.stdout.write(signing.public_key_text())
        except SigningKeyError as error:
            raise CommandError(str(error)) from error

    def _announce(self) -> None:
        made = signing.announce_next_key()
        self.stderr.write("Made the next key." if made else "There is a next key already.")
        self._say_who_is_behind()

    def _finish(self, force: bool) -> None:
        behind = self._say_who_is_behind()
        if behind and not force:
            raise CommandError(
                "Not changed: they would obey nobody. Wait for them, or use --force and enrol them anew."
            )
        signing.use_next_key()
        withdraw_invitations(reason="The console has another key now: they name the old one.")
        self.stderr.write("The new key signs from now on.")

    def _say_who_is_behind(self) -> bool:
        key = signing.next_key()
        behind = directors_behind(key_id(key.public_key())) if key else []
        names = ", ".join(director.name for director in behind)
        if names:
            self.stderr.write(f"Directors that don't know it yet: {names}")
        return bool(behind)
