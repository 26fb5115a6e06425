"""`manage.py signing_key`: make the console's signing key once."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.jobs.signing import SigningKeyError, create_signing_key, public_key_text


class Command(BaseCommand):
    """See `help`."""

    help = "Creates the key that signs orders to directors, unless there is one; prints its public half."

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the key, print its public half."""
        try:
            made = create_signing_key()
            text = public_key_text()
        except SigningKeyError as error:
            raise CommandError(str(error)) from error
        if made:
            self.stderr.write(f"Created {settings.SIGNING_KEY_FILE}")
        self.stdout.write(text)
