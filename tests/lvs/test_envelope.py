"""Sealed orders: only a genuine, timely order for this director is opened."""

import base64
import json
from dataclasses import asdict, replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lvs.agent.envelope import Order, order_of, seal_order
from lvs.agent.inbox import Me, open_for
from lvs.agent.sealing import (
    CLOCK_SKEW,
    EnvelopeRefused,
    key_id,
    public_key_from_text,
    public_key_to_text,
)
from lvs.canonical_form import make_table
from lvs.documents import table_to_document
from lvs.model import RealServer, VirtualService

DIRECTOR = "0b4d8a52-7d5c-4b8e-9f5f-3f0c1f8a2b11"
NOW = 1_800_000_000.0
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEYS = {key_id(KEY.public_key()): KEY.public_key()}
ME = Me(DIRECTOR, "0011223344556677")
TABLE = make_table(
    [
        VirtualService(
            *("inet", "tcp", "192.168.49.134", 80, 0),
            scheduler="rr",
            real_servers=(RealServer("192.168.1.103", 80), RealServer("192.168.1.104", 80)),
        )
    ]
)


def order(**changes):
    made = Order(
        director=DIRECTOR,
        identity=ME.identity,
        cluster="web",
        revision=3,
        run=17,
        change=12,
        digest=TABLE.digest,
        expected_digest="",
        adopt=False,
        approval={"change": 12, "digest": TABLE.digest, "approvers": ["zoë"]},
        not_before=NOW - 1,
        expires=NOW + 900,
        table=table_to_document(TABLE),
    )
    return replace(made, **changes)


def opened(text, now=NOW, keys=KEYS):
    kind, document = open_for(ME, text, keys, now)
    assert kind == "order"
    return order_of(document)


def refusal(text, now=NOW, keys=KEYS):
    with pytest.raises(EnvelopeRefused) as refused:
        opened(text, now, keys)
    assert "\n" not in refused.value.reason
    return refused.value.reason


def sealed_body(body, key=KEY):
    """A correctly signed envelope around any body, as only the console's key can make it."""
    signature = base64.b64encode(key.sign(b"lvs.sealed.v2\n" + body.encode())).decode()
    wrapper = {"body": body, "key_id": key_id(key.public_key()), "signature": signature}
    return json.dumps(wrapper, separators=(",", ":"))


AS_SENT = asdict(order()) | {"type": "order"}


def test_what_was_sealed_is_opened():
    assert opened(seal_order(order(), KEY)) == order()


def test_every_flipped_bit_is_refused():
    genuine = seal_order(order(), KEY).encode("ascii")
    survivors = []
    for position in range(len(genuine) * 8):
        touched = bytearray(genuine)
        touched[position // 8] ^= 1 << position % 8
        try:
            opened(touched.decode("latin-1"))
            survivors.append(position)
        except EnvelopeRefused:
            continue
    assert survivors == []


@pytest.mark.parametrize("cut", [0, 1, 20, 400, -1])
def test_a_cut_envelope_is_refused(cut):
    assert refusal(seal_order(order(), KEY)[:cut]) == "the message is not a sealed text"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        '"text"',
        "[" * 100_000,
        '{"body":1,"key_id":2,"signature":3}',
        '{"body":"{}","key_id":{},"signature":""}',
        '{"body":"\\ud800","key_id":"x","signature":""}',
    ],
)
def test_what_is_no_envelope_is_refused(text):
    assert refusal(text) == "the message is not a sealed text"


def test_another_spelling_of_the_same_envelope_is_refused():
    genuine = json.loads(seal_order(order(), KEY))
    assert refusal(json.dumps(genuine, indent=1)) == "the message is not a sealed text"


def test_a_key_that_is_not_trusted_is_refused():
    stranger = Ed25519PrivateKey.generate()
    assert "not trusted" in refusal(seal_order(order(), stranger))


def test_a_strangers_signature_under_a_trusted_name_is_refused():
    forged = json.loads(seal_order(order(), Ed25519PrivateKey.generate()))
    forged["key_id"] = key_id(KEY.public_key())
    assert "signature" in refusal(json.dumps(forged, separators=(",", ":")))


def test_a_signature_over_the_bare_body_is_refused():
    wrapper = json.loads(seal_order(order(), KEY))
    wrapper["signature"] = base64.b64encode(KEY.sign(wrapper["body"].encode())).decode()
    assert "signature" in refusal(json.dumps(wrapper, separators=(",", ":")))


def test_the_signature_is_checked_before_the_body_is_read():
    forged = json.loads(sealed_body("not even JSON", Ed25519PrivateKey.generate()))
    forged["key_id"] = key_id(KEY.public_key())
    assert "signature" in refusal(json.dumps(forged, separators=(",", ":")))


def test_two_trusted_keys_serve_a_change_of_keys():
    new = Ed25519PrivateKey.generate()
    both = KEYS | {key_id(new.public_key()): new.public_key()}
    assert opened(seal_order(order(), new), keys=both) == opened(
        seal_order(order(), KEY), keys=both
    )


def test_another_directors_order_is_refused():
    other = order(director="7a3f0e4e-0000-4000-8000-000000000000")
    assert "not for this one" in refusal(seal_order(other, KEY))


def test_an_order_for_the_director_as_it_was_enrolled_before_is_refused():
    assert "enrolled before" in refusal(seal_order(order(identity="7766554433221100"), KEY))


@pytest.mark.parametrize("kind", ["errand", "keys", "enrol", "order ", None, 1, []])
def test_the_type_stands_inside_of_what_is_signed(kind):
    said = refusal(sealed_body(json.dumps(AS_SENT | {"type": kind})))
    assert (
        "type that is not known" in said or "missing or unknown fields" in said or "schema" in said
    )


def test_an_expired_order_is_refused():
    text = seal_order(order(expires=NOW), KEY)
    assert opened(text, now=NOW + CLOCK_SKEW)
    assert "expired" in refusal(text, now=NOW + CLOCK_SKEW + 1)


def test_an_early_order_is_refused():
    text = seal_order(order(not_before=NOW), KEY)
    assert opened(text, now=NOW - CLOCK_SKEW)
    assert "early" in refusal(text, now=NOW - CLOCK_SKEW - 1)


def test_a_table_that_was_not_approved_is_refused():
    other = make_table([TABLE.services[0]._replace(scheduler="wrr")])
    assert "approved" in refusal(seal_order(order(table=table_to_document(other)), KEY))


def test_an_approval_of_another_digest_is_refused():
    approval = order().approval | {"digest": "0" * 64}
    assert "approval" in refusal(seal_order(order(approval=approval), KEY))


def test_an_approval_of_another_change_is_refused():
    approval = order().approval | {"change": 11}
    assert "approval" in refusal(seal_order(order(approval=approval), KEY))


@pytest.mark.parametrize("approvers", [[], None, "zoë"])
def test_an_order_that_nobody_approved_is_refused(approvers):
    approval = order().approval | {"approvers": approvers}
    assert "nobody" in refusal(seal_order(order(approval=approval), KEY))


@pytest.mark.parametrize("basis", ["policy", "emergency", "unconfirmed"])
def test_where_no_people_approve_none_are_named(basis):
    approval = order().approval | {"basis": basis, "approvers": []}
    assert opened(seal_order(order(approval=approval), KEY)).approval["basis"] == basis


@pytest.mark.parametrize("basis", ["", "me", None, 1])
def test_an_approval_of_an_unknown_kind_is_refused(basis):
    approval = order().approval | {"basis": basis}
    assert "does not know" in refusal(seal_order(order(approval=approval), KEY))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("revision", "3"),
        ("revision", True),
        ("run", 1.5),
        ("adopt", 1),
        ("expires", "soon"),
        ("approval", []),
        ("table", []),
        ("digest", None),
    ],
)
def test_a_field_of_the_wrong_type_is_refused(field, value):
    body = json.dumps(AS_SENT | {field: value})
    assert refusal(sealed_body(body)) == f"the order's field “{field}” has the wrong type"


def test_a_missing_field_is_refused():
    document = {name: value for name, value in AS_SENT.items() if name != "adopt"}
    assert "adopt" in refusal(sealed_body(json.dumps(document)))


def test_an_unknown_field_is_refused():
    assert "force" in refusal(sealed_body(json.dumps(AS_SENT | {"force": True})))


@pytest.mark.parametrize("body", ["", "not JSON", "[]", "1", '{"schema":2}'])
def test_a_signed_body_that_is_no_order_is_refused(body):
    assert refusal(sealed_body(body))


def test_a_table_that_can_not_be_read_is_refused():
    assert "can't be read" in refusal(seal_order(order(table={"services": [{}]}), KEY))


def test_a_public_key_survives_its_text():
    text = public_key_to_text(KEY.public_key())
    assert key_id(public_key_from_text(text)) == key_id(KEY.public_key())


@pytest.mark.parametrize("text", ["", "AAAA", "not base64!", "zoë"])
def test_a_text_that_is_no_key_is_named(text):
    with pytest.raises(ValueError, match="Ed25519"):
        public_key_from_text(text)
