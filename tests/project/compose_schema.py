"""The part of the Compose Specification that docker-compose.yml may use, as a strict JSON schema.

Written by hand after the specification: no package ships its schema. Unlike that one it refuses
every key that we don't use, so a misspelt or misplaced key can't pass.
"""

from typing import Any

Schema = dict[str, Any]

NAME = "^[a-zA-Z0-9._-]+$"
IPV4 = r"^(\d{1,3}\.){3}\d{1,3}$"


def closed(properties: Schema, required: tuple[str, ...] = ()) -> Schema:
    """An object with these properties and no other."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def named(values: Schema) -> Schema:
    """An object whose keys are names of our choice."""
    return {"type": "object", "patternProperties": {NAME: values}, "additionalProperties": False}


TEXT: Schema = {"type": "string", "minLength": 1}
WORDS: Schema = {"type": "array", "items": {"type": "string"}, "minItems": 1}
TEXTS_BY_NAME = named({"type": "string"})
NAMES: Schema = {"type": "array", "items": {"type": "string", "pattern": NAME}, "uniqueItems": True}

BUILD = closed({"context": TEXT, "dockerfile": TEXT, "target": TEXT}, ("context",))
HEALTHCHECK = closed(
    {
        "test": {"type": "array", "prefixItems": [{"enum": ["CMD", "CMD-SHELL"]}], "minItems": 2},
        "interval": {"type": "string", "pattern": r"^\d+(ms|s|m|h)$"},
        "retries": {"type": "integer", "minimum": 1},
    },
    ("test",),
)
CONDITION = closed(
    {
        "condition": {
            "enum": ["service_started", "service_healthy", "service_completed_successfully"]
        }
    },
    ("condition",),
)
ATTACHED = {
    "anyOf": [
        NAMES,
        named({"anyOf": [{"type": "null"}, closed({"ipv4_address": {"pattern": IPV4}})]}),
    ]
}
SERVICE = closed(
    {
        "build": BUILD,
        "image": TEXT,
        "restart": {"enum": ["no", "always", "on-failure", "unless-stopped"]},
        "environment": TEXTS_BY_NAME,
        "command": WORDS,
        "hostname": {"type": "string", "pattern": NAME},
        "volumes": {"type": "array", "items": {"pattern": r"^[a-z0-9-]+:/[^:]+(:ro)?$"}},
        "networks": ATTACHED,
        "ports": {"type": "array", "items": {"pattern": r"^127\.0\.0\.1:\d+:\d+$"}},
        "depends_on": named(CONDITION),
        "healthcheck": HEALTHCHECK,
        "cap_add": {"type": "array", "items": {"type": "string", "pattern": "^[A-Z_]+$"}},
        "user": {"type": "string", "pattern": "^[0-9]+:[0-9]+$"},
        "cap_drop": {"const": ["ALL"]},
        "sysctls": TEXTS_BY_NAME,
    },
    ("image", "networks"),
)
NETWORK = {
    "anyOf": [
        {"type": "null"},
        closed(
            {
                "internal": {"type": "boolean"},
                "ipam": closed(
                    {
                        "config": {
                            "type": "array",
                            "items": closed(
                                {
                                    "subnet": {"pattern": IPV4[:-1] + r"/\d{1,2}$"},
                                    "gateway": {"pattern": IPV4},
                                },
                                ("subnet",),
                            ),
                        }
                    }
                ),
            }
        ),
    ]
}
COMPOSE: Schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$"},
        "services": named(SERVICE),
        "networks": named(NETWORK),
        "volumes": named({"type": "null"}),
    },
    "patternProperties": {"^x-": {}},
    "required": ["services"],
    "additionalProperties": False,
}
