#!/usr/bin/env python
"""Django's command line for the console."""

import os
import sys


def main() -> None:
    """Run the command named on the command line. What is wrong with settings, database or Redis is one line;
    --traceback shows where it was met."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lvsconsole.settings")
    from django.core.management import execute_from_command_line

    from lvsconsole.command_line import explain, tell_pages

    try:
        execute_from_command_line(sys.argv)
    except BrokenPipeError:  # who read us has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        line = "" if "--traceback" in sys.argv else explain(error)
        if not line:
            raise
        sys.exit(line)
    finally:
        tell_pages()


if __name__ == "__main__":
    main()
