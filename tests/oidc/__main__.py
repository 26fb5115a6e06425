"""An OpenID Connect provider as a process of its own: strict, on authlib, for the tests of single sign-on.

`python -m tests.oidc PORT` serves on 127.0.0.1 until it is ended. It asks nobody anything: whom a test puts
at /test/person “signs in” there, with the faults that the test wants. It insists on a registered redirect
address, on PKCE with S256 and on a nonce, as a strict provider does.
"""

import logging
import os
import secrets
import sys

from authlib.integrations.flask_oauth2 import AuthorizationServer, ResourceProtector, current_token
from authlib.oauth2.rfc6749 import grants
from authlib.oauth2.rfc6750 import BearerTokenValidator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import UserInfo
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, jsonify, redirect, request
from joserfc.jwk import KeySet

from tests.oidc.known import (
    CLIENT_ID,
    KNOWN,
    RIGHT_KEY,
    WRONG_KEY,
    Client,
    Code,
    Person,
    Token,
    known_since,
)


def without(claims, name):
    return {key: value for key, value in claims.items() if key != name}


class CodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]

    def save_authorization_code(self, code, request):
        data = request.payload.data
        KNOWN.codes[code] = Code(
            code,
            request.payload.redirect_uri,
            request.payload.scope,
            data["nonce"],
            request.user,
            data["code_challenge"],
            data["code_challenge_method"],
            known_since(data.get("prompt")),
        )

    def query_authorization_code(self, code, client):
        return KNOWN.codes.get(code)

    def delete_authorization_code(self, authorization_code):
        del KNOWN.codes[authorization_code.code]

    def authenticate_user(self, authorization_code):
        return authorization_code.person


class IdToken(OpenIDCode):
    def exists_nonce(self, nonce, request):
        return any(code.nonce == nonce for code in KNOWN.codes.values())

    def get_jwt_config(self, grant, client=None):
        key = WRONG_KEY if "wrong-key" in KNOWN.faults else RIGHT_KEY
        issuer = "https://elsewhere.example" if "wrong-issuer" in KNOWN.faults else KNOWN.issuer
        return {
            "key": key.as_dict(private=True),
            "alg": "RS256",
            "kid": "right",
            "iss": issuer,
            "exp": -7200 if "expired" in KNOWN.faults else 300,
        }

    def get_compatible_claims(self, request):
        claims = super().get_compatible_claims(request)
        return claims if "no-auth-time" not in KNOWN.faults else without(claims, "auth_time")

    def get_authorization_code_claims(self, authorization_code):
        claims = super().get_authorization_code_claims(authorization_code)
        return claims if "no-auth-time" not in KNOWN.faults else without(claims, "auth_time")

    def get_audiences(self, request):
        return ["another-client"] if "wrong-audience" in KNOWN.faults else [CLIENT_ID]

    def generate_user_info(self, user, scope):
        untold = {"auth_time": None} if "no-auth-time" in KNOWN.faults else {}
        return UserInfo(sub=user.claims["sub"], **untold)


class Bearer(BearerTokenValidator):
    def authenticate_token(self, token_string):
        return KNOWN.tokens.get(token_string)


def control(app):
    """What tests say and ask."""

    @app.post("/test/person")
    def put_person():
        told = request.get_json()
        KNOWN.person, KNOWN.faults = told["person"], set(told["faults"])
        KNOWN.redirect_uris = set(told["redirect_uris"])
        KNOWN.asked.clear()
        return jsonify({})

    @app.get("/test/asked")
    def asked():
        return jsonify(KNOWN.asked)


def describe(app):
    """What the provider says of itself."""

    @app.get("/.well-known/openid-configuration")
    def configuration():
        named = "https://elsewhere.example" if "other-name" in KNOWN.faults else KNOWN.issuer
        return jsonify(
            {
                "issuer": named,
                "authorization_endpoint": f"{KNOWN.issuer}/authorize",
                "token_endpoint": f"{KNOWN.issuer}/token",
                "userinfo_endpoint": f"{KNOWN.issuer}/userinfo",
                "jwks_uri": f"{KNOWN.issuer}/jwks",
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    @app.get("/jwks")
    def jwks():
        return jsonify(KeySet([RIGHT_KEY]).as_dict(private=False))


def serve(app, server):
    """Signing in, tokens, and who that was."""
    protected = ResourceProtector()
    protected.register_token_validator(Bearer())

    @app.get("/authorize")
    def authorize():
        KNOWN.asked.append(request.args.to_dict())
        if request.args.get("code_challenge_method") != "S256":
            return "no PKCE", 400
        if "deny" in KNOWN.faults:
            back, state = request.args["redirect_uri"], request.args["state"]
            return redirect(f"{back}?error=access_denied&state={state}")
        grant = server.get_consent_grant(end_user=Person(KNOWN.person))
        return server.create_authorization_response(grant_user=Person(KNOWN.person), grant=grant)

    @app.post("/token")
    def token():
        return server.create_token_response()

    @app.get("/userinfo")
    @protected("openid")
    def userinfo():
        claims = dict(current_token.person.claims)
        if "another-person" in KNOWN.faults:
            claims["sub"] = "somebody-else"
        return jsonify(claims)


def make_app():
    app = Flask(__name__)
    app.secret_key = secrets.token_bytes(16)
    server = AuthorizationServer(
        app,
        query_client=lambda client_id: Client() if client_id == CLIENT_ID else None,
        save_token=lambda token, asked: KNOWN.tokens.update(
            {token["access_token"]: Token(asked.user, token["scope"])}
        ),
    )
    server.register_grant(CodeGrant, [IdToken(require_nonce=True), CodeChallenge(required=True)])
    control(app)
    describe(app)
    serve(app, server)
    return app


if __name__ == "__main__":
    port = int(sys.argv[1])
    KNOWN.issuer = f"http://127.0.0.1:{port}"
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # loopback has no TLS
    make_app().run(port=port, threaded=True)
