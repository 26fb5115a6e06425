"""Makes a database, a key and the static files ready, in one process: each start of Django takes a second."""

import os
import sys

import django
from django.core.management import call_command


def main(collect: bool) -> None:
    """Migrate, make the signing key, and collect the static files if they are to be."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lvsconsole.settings")
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("signing_key")
    if collect:
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)


if __name__ == "__main__":
    main("--collect" in sys.argv[1:])
