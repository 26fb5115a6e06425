"""What comes through Redis sealed or signed: any bytes are a genuine text, or refused in one line."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvs.agent.console_keys import KIND as KEYS_KIND
from lvs.agent.console_keys import ConsoleKeys
from lvs.agent.entries import NotGenuine, genuine_text
from lvs.agent.envelope import KIND as ORDER
from lvs.agent.envelope import order_of, seal_order
from lvs.agent.errand import seal_errand
from lvs.agent.inbox import KINDS, open_for
from lvs.agent.invitation import ASK_FIELDS, ASKED, BadCode, Invitation
from lvs.agent.sealing import EnvelopeRefused, key_id, open_body, seal_body
from tests.fuzz.hostile import FUZZ, damaged, values, written
from tests.identities import own_key, signed
from tests.lvs.test_envelope import AS_SENT, KEY, KEYS, ME, NOW, order
from tests.lvs.test_errands import errand

ORDER_TEXT, ERRAND_TEXT = seal_order(order(), KEY), seal_errand(errand(), KEY)


def opened(text):
    """What a director makes of it: a document, or a refusal of one line."""
    try:
        kind, document = open_for(ME, text, KEYS, NOW)
        return order_of(document) if kind == ORDER else document
    except EnvelopeRefused as refusal:
        assert len(refusal.reason) < 600
        assert "\n" not in refusal.reason
        return None


@FUZZ
@given(text=st.text(max_size=200) | values.map(written))
def test_no_text_that_nobody_sealed_is_opened(text):
    assert opened(text) is None


@FUZZ
@given(data=st.data(), genuine=st.sampled_from([ORDER_TEXT, ERRAND_TEXT]))
def test_no_sealed_text_is_opened_that_was_touched(data, genuine):
    at = data.draw(st.integers(0, len(genuine) - 1))
    put = data.draw(st.text(max_size=3))
    touched = genuine[:at] + put + genuine[at + 1 :]
    if touched != genuine:
        assert opened(touched) is None


@FUZZ
@given(wrapper=damaged(json.loads(ORDER_TEXT)))
def test_no_wrapper_of_another_form_is_opened(wrapper):
    text = written(wrapper)
    if text != ORDER_TEXT:
        assert opened(text) is None


@FUZZ
@given(document=damaged(AS_SENT))
def test_what_the_console_itself_sealed_is_an_order_or_refused(document):
    kind = document.pop("type", "order") if isinstance(document, dict) else "order"
    opened(seal_body(kind, document, KEY) if isinstance(document, dict) else "x")


@FUZZ
@given(
    kind=st.sampled_from(sorted(KINDS)),
    document=st.dictionaries(st.text(max_size=8), values, max_size=5),
)
def test_any_document_under_any_type_is_refused_or_complete(kind, document):
    assert opened(seal_body(kind, document, KEY)) is None


@FUZZ
@given(serial=st.integers(), keys=st.lists(values, max_size=5))
def test_any_announcement_is_believed_whole_or_not_at_all(tmp_path_factory, serial, keys):
    believed = ConsoleKeys(tmp_path_factory.mktemp("keys"), KEYS)
    try:
        believed.learn({"serial": serial, "keys": keys})
    except EnvelopeRefused as refusal:
        assert refusal.kind == KEYS_KIND
        assert dict(believed.trusted()) == dict(KEYS)


@FUZZ
@given(text=st.binary(max_size=60), signature=st.binary(max_size=90))
def test_no_entry_passes_that_the_director_did_not_sign(text, signature):
    with pytest.raises(NotGenuine):
        genuine_text("report", {b"m": text, b"s": signature}, own_key("d1").public_key())


@FUZZ
@given(text=st.binary(max_size=60))
def test_what_the_director_signed_comes_out_as_it_was(text):
    fields = signed("report", "d1", text)
    assert genuine_text("report", fields, own_key("d1").public_key()) == text
    with pytest.raises(NotGenuine):
        genuine_text("sample", fields, own_key("d1").public_key())


@FUZZ
@given(code=st.text(max_size=60) | values.map(written))
def test_any_text_is_an_invitation_or_none(code):
    try:
        Invitation.from_code(code)
    except BadCode as error:
        assert "copy the command" in str(error)


@FUZZ
@given(document=damaged({"type": ASKED} | dict.fromkeys(ASK_FIELDS, "x") | {"schema": 1}))
def test_any_request_of_a_host_is_complete_or_refused(document):
    key = own_key("invitation")
    body = (
        {name: value for name, value in document.items() if name != "type"}
        if isinstance(document, dict)
        else {}
    )
    try:
        _, asked = open_body(
            seal_body(ASKED, body, key),
            {key_id(key.public_key()): key.public_key()},
            {ASKED: ASK_FIELDS},
        )
        assert asked.keys() == ASK_FIELDS.keys()
    except EnvelopeRefused as refusal:
        assert "\n" not in refusal.reason
