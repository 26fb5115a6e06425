"""Passwords on the command line."""

import getpass
import sys
import warnings

from django.core.management.base import CommandError


def read_password(*, from_stdin: bool) -> str:
    """A password: a line of standard input, or typed twice. Raises CommandError when they differ, or there is
    no terminal to type at."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    try:
        with warnings.catch_warnings():
            # Without a terminal it would read standard input, and show what is typed.
            warnings.simplefilter("error", getpass.GetPassWarning)
            password = getpass.getpass("Password: ")
            if password != getpass.getpass("Once more: "):
                raise CommandError("The two passwords differ.")
    except (EOFError, getpass.GetPassWarning):
        raise CommandError(
            "There is no terminal to ask for the password at: add --password-stdin, and write it to standard "
            "input."
        ) from None
    return password
