"""`manage.py signing_key`: make the console's signing key, and change it while directors go on believing."""

import shlex
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from apps.jobs.services.spread_keys import directors_behind
from apps.trust import signing
from apps.trust.models import ConsoleKey
from apps.trust.owners import keeper, strangers
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
        ConsoleKey.objects.exists()  # a database that is away is met before any key is made
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
            raise CommandError(f"{error}{_as_whom(error)}") from error
        for file, owner in strangers(signing.private_files()):
            self.stderr.write(
                f"{file} is not {owner}'s, whose folder it lies in: a worker that runs as {owner} "
                f"can't read it. Give it away: sudo chown {owner} {file}"
            )

    def _announce(self) -> None:
        made = signing.announce_next_key()
        self.stderr.write("Made the next key." if made else "There is a next key already.")
        if not self._say_who_is_behind():
            self.stderr.write("No enrolled director lacks it: go on with --finish.")
        self.stderr.write("Until then this one signs:")

    def _finish(self, force: bool) -> None:
        behind = self._say_who_is_behind()
        if behind and not force:
            raise CommandError(
                "Not changed: they would obey nobody. Wait for them, or use --force and enrol them anew."
            )
        with transaction.atomic():  # the key last: whatever fails before it leaves all as it was
            ended = withdraw_invitations(
                reason="The console has another key now: they name the old one."
            )
            signing.use_next_key()
        self.stderr.write("The new key signs from now on.")
        self._say_what_to_do(ended, behind)

    def _say_who_is_behind(self) -> list[str]:
        key = signing.next_key()
        behind = directors_behind(key_id(key.public_key())) if key else []
        names = sorted(director.name for director in behind)
        if names:
            self.stderr.write(f"Directors that don't know it yet: {', '.join(names)}")
        return names

    def _say_what_to_do(self, ended: list[str], behind: list[str]) -> None:
        if ended:
            were = "1 invitation was" if len(ended) == 1 else f"{len(ended)} invitations were"
            self.stderr.write(
                f"{were} withdrawn, with the old key in it. Invite anew: {', '.join(ended)}"
            )
        if behind:
            self.stderr.write(
                f"These obey nobody until they are enrolled anew: {', '.join(behind)}"
            )


def _as_whom(error: SigningKeyError) -> str:
    """Who may do it, where we may not."""
    if not isinstance(error.__cause__, PermissionError):
        return ""
    for file, owner in strangers(signing.private_files()):
        return f". It must be {owner}'s, whose folder it lies in: sudo chown {owner} {file}"
    owner = keeper(settings.SIGNING_KEY_FILE)
    if not owner:
        return ""
    user = f"'#{owner}'" if owner.isdigit() else owner
    words = shlex.join([sys.executable, *sys.argv])
    return (
        f". It belongs to the user {owner}: run the command as that one, with the same LVS_ variables: "
        f"sudo --preserve-env -u {user} {words}"
    )
