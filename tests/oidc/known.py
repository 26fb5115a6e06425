"""What the provider of the tests knows, and what its protocol library asks of it."""

import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "lvs-console", "a-secret-of-the-tests"
RIGHT_KEY = RSAKey.generate_key(2048, {"kid": "right", "use": "sig", "alg": "RS256"})
WRONG_KEY = RSAKey.generate_key(2048, {"kid": "right", "use": "sig", "alg": "RS256"})


@dataclass
class Provider:
    """What the provider knows."""

    issuer: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    faults: set[str] = field(default_factory=set)
    redirect_uris: set[str] = field(default_factory=set)
    codes: dict[str, "Code"] = field(default_factory=dict)
    tokens: dict[str, "Token"] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)


KNOWN = Provider()


def known_since(prompt):
    """When the person showed the provider who they are: now, or an hour ago where it still knows them. With
    the fault `asks-nobody` it lets them through also when the console wants them asked."""
    asked = prompt == "login" and "asks-nobody" not in KNOWN.faults
    knows = {"knows-them", "asks-nobody"} & KNOWN.faults
    return time.time() - (3600 if knows and not asked else 0)


class Person:
    """Somebody who signs in."""

    def __init__(self, claims):
        self.claims = claims

    def get_user_id(self):
        return self.claims["sub"]


class Client:
    """The console, as it is registered here."""

    client_id = CLIENT_ID

    def get_client_id(self):
        return CLIENT_ID

    def get_default_redirect_uri(self):
        return None

    def get_allowed_scope(self, scope):
        return scope

    def check_redirect_uri(self, uri):
        return uri in KNOWN.redirect_uris

    def check_client_secret(self, secret):
        return secrets.compare_digest(secret, CLIENT_SECRET)

    def check_endpoint_auth_method(self, method, endpoint):
        return method in ("client_secret_basic", "client_secret_post")

    def check_response_type(self, response_type):
        return response_type == "code"

    def check_grant_type(self, grant_type):
        return grant_type == "authorization_code"


@dataclass
class Code:
    """An authorization code."""

    code: str
    redirect_uri: str
    scope: str
    nonce: str
    person: Person
    code_challenge: str
    code_challenge_method: str
    auth_time: float

    def get_redirect_uri(self):
        return self.redirect_uri

    def get_scope(self):
        return self.scope

    def get_nonce(self):
        return self.nonce if "wrong-nonce" not in KNOWN.faults else "another"

    def get_auth_time(self):
        long_ago = 3600 if "asks-nobody" in KNOWN.faults else 0
        return int(self.auth_time) - long_ago

    def get_acr(self):
        return None

    def get_amr(self):
        return None

    def get_azp(self):
        return None


@dataclass
class Token:
    """An access token."""

    person: Person
    scope: str

    def is_expired(self):
        return False

    def is_revoked(self):
        return False

    def get_scope(self):
        return self.scope
