"""Authenticator apps in tests: they compute their codes themselves, as RFC 6238 says."""

import base64
import hashlib
import hmac
import struct
import time

from apps.accounts.errors import AccountError
from apps.accounts.services import add_authenticator_app

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # base32, as an app is told it


def code_of(secret=SECRET, ahead=0):
    """What an app with this secret shows now, or so many half minutes ahead."""
    step = struct.pack(">Q", int(time.time()) // 30 + ahead)
    digest = hmac.new(base64.b32decode(secret), step, hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def wrong_code(secret=SECRET):
    """A code that the app shows neither now nor in some minutes around it."""
    near = {code_of(secret, ahead) for ahead in range(-4, 5)}
    return next(code for code in map("{:06d}".format, range(10)) if code not in near)


def give_app(user):
    """The user has an authenticator app with SECRET; their recovery codes. The code of the step before
    now is used up by that: what the app shows now counts."""
    try:
        return add_authenticator_app(actor=user, secret=SECRET, code=code_of(ahead=-1))
    except AccountError:  # the half minute ended in this very moment
        return add_authenticator_app(actor=user, secret=SECRET, code=code_of(ahead=-1))
