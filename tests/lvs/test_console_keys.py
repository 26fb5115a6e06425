"""Whom a director believes, while the console changes its key."""

import time

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lvs.agent.console_keys import ConsoleKeys, seal_keys
from lvs.agent.inbox import open_for
from lvs.agent.sealing import EnvelopeRefused, key_id, public_key_to_text
from tests.lvs.test_envelope import DIRECTOR, KEY, KEYS, ME

NEW = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
OLD_ID, NEW_ID = (key_id(key.public_key()) for key in (KEY, NEW))


def announcement(*keys, serial=None, by=KEY, believed=KEYS):
    """What a director reads that believes these keys."""
    now = time.time()
    document = {
        "director": DIRECTOR,
        "identity": ME.identity,
        "serial": int(now) if serial is None else serial,
        "keys": [public_key_to_text(key.public_key()) for key in keys],
        "not_before": now,
        "expires": now + 60,
    }
    kind, opened = open_for(ME, seal_keys(document, by), believed, now)
    assert kind == "keys"
    return opened


@pytest.fixture
def keys(tmp_path):
    return ConsoleKeys(tmp_path, KEYS)


def test_what_is_configured_is_believed_at_first(keys):
    assert list(keys.trusted()) == [OLD_ID]


def test_a_whole_change_of_keys(keys, tmp_path):
    keys.learn(announcement(KEY, NEW, serial=100))
    assert set(keys.trusted()) == {OLD_ID, NEW_ID}
    keys.learn(announcement(NEW, serial=200, by=NEW, believed=keys.trusted()))
    assert set(keys.trusted()) == {NEW_ID}
    assert set(ConsoleKeys(tmp_path, KEYS).trusted()) == {NEW_ID}  # after a restart, too


def test_the_old_key_is_believed_no_more(keys):
    keys.learn(announcement(NEW, serial=100))
    with pytest.raises(EnvelopeRefused, match="not trusted"):
        announcement(KEY, serial=300, believed=keys.trusted())


def test_an_older_announcement_that_is_sent_again_is_refused(keys):
    keys.learn(announcement(KEY, NEW, serial=200))
    with pytest.raises(EnvelopeRefused, match="before those"):
        keys.learn(announcement(KEY, serial=199))
    assert set(keys.trusted()) == {OLD_ID, NEW_ID}


def test_a_stranger_announces_nothing():
    with pytest.raises(EnvelopeRefused, match="not trusted"):
        announcement(NEW, by=NEW)


@pytest.mark.parametrize("texts", [[], ["x"], [1], [None], ["A" * 43 + "=", "x"]])
def test_an_announcement_without_keys_changes_nothing(keys, texts):
    with pytest.raises(EnvelopeRefused, match="no keys"):
        keys.learn(announcement(KEY) | {"keys": texts})
    assert set(keys.trusted()) == {OLD_ID}


def test_a_configuration_that_was_written_anew_has_the_last_word(keys, tmp_path):
    keys.learn(announcement(KEY, NEW, serial=100))
    other = Ed25519PrivateKey.generate().public_key()
    assert set(ConsoleKeys(tmp_path, {key_id(other): other}).trusted()) == {key_id(other)}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"configured": [], "serial": 1, "keys": []}x'])
def test_a_damaged_file_lets_nobody_in_and_says_so(tmp_path, text):
    (tmp_path / "console_keys.json").write_text(text)
    keys = ConsoleKeys(tmp_path, KEYS)
    assert keys.trusted() == {}
    assert "damaged" in keys.problem


def test_what_can_not_be_kept_is_not_believed(tmp_path):
    (tmp_path / "file").touch()
    keys = ConsoleKeys(tmp_path / "file", KEYS)
    assert set(keys.trusted()) <= {OLD_ID}
    with pytest.raises(EnvelopeRefused, match="can't be kept"):
        keys.learn(announcement(KEY, NEW))
