"""Passwords on the command line."""

import getpass
import sys

from django.core.management.base import CommandError


def read_password(*, from_stdin: bool) -> str:
    """A password: a line of standard input, or typed twice. Raises CommandError when they differ."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password: ")
    if password != getpass.getpass("Once more: "):
        raise CommandError("The two passwords differ.")
    return password
