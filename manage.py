#!/usr/bin/env python
"""Django's command line for the console."""

import os
import sys


def main() -> None:
    """Run the command named on the command line. What is wrong with settings, database or Redis is one line;
    --traceback shows where it was met."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lvsconsole.settings")
    from django.core.management import execute_from_command_line

    from lvsconsole.command_line import explain

    try:
        execute_from_command_line(sys.argv)
    except Exception as error:
        line = "" if "--traceback" in sys.argv else explain(error)
        if not line:
            raise
        sys.exit(line)


if __name__ == "__main__":
    main()
