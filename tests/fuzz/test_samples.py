"""Whatever a director sends as its counters: a frame that every browser can read, or nothing."""

import json
import time
from types import SimpleNamespace

import msgpack
import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

from apps.jobs.relay import samples
from apps.jobs.relay.samples import SampleReader, _new_feed
from apps.telemetry.frames import FrameMaker
from lvs.agent import streams
from lvs.agent.sealing import public_key_to_text
from lvs.agent.shapes import BadMessage, parse_sample
from tests.fuzz.hostile import FUZZ, damaged, values, written
from tests.fuzz.reported import heard
from tests.identities import own_key, signed

ROW = [1, 2, 0, None, 10, 20, 30, 40, 50, 0.5, 1, 1, 2, None]
GOOD = streams.sample(at=1.5, seq=1, interval=1.0, rows={"tcp 192.0.2.1:80": ROW, "fwmark 7": ROW})
GOOD |= {"session": "a life", "number": 1}
PUBLIC = SimpleNamespace(public_key=public_key_to_text(own_key("d1").public_key()))
DIRECTOR = SimpleNamespace(uuid="d1", name="lb-1", cluster_id=3, identity=PUBLIC)


class Reader(SampleReader):
    """One without Redis."""

    def __init__(self):
        self._client, self._offset = None, 0.0
        self.feed = _new_feed(DIRECTOR)

    def take(self, text, entry_id=b"1700000000000-0"):
        data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
        self.feed.numbers.clear()  # each is news
        self._pass_on(self.feed, entry_id, signed("sample", "d1", data))


@pytest.fixture
def passed_on(monkeypatch):
    """The frames that went to browsers, and those that were kept."""
    sent, kept = [], []
    monkeypatch.setattr(samples.push, "send_frame", lambda cluster, frame: sent.append(frame))
    monkeypatch.setattr(
        samples.live, "store_frame", lambda client, cluster, frame, entered: kept.append(frame)
    )
    return sent, kept


def everybody_can_read(frame):
    """The channel layer packs it, a browser's JSON.parse takes it."""
    assert msgpack.unpackb(msgpack.packb(frame), strict_map_key=False) == frame
    json.dumps(frame, allow_nan=False, ensure_ascii=False).encode()


@FUZZ
@given(message=damaged(GOOD))
@example({name: value for name, value in GOOD.items() if name != "interval"})
@example(GOOD | {"interval": True})
@example(GOOD | {"seq": 2**64})
@example(GOOD | {"rows": {"a": [2**64, *ROW[1:]]}})
@example(GOOD | {"rows": {"a": ["<1e999>", *ROW[1:]]}})
@example(GOOD | {"rows": {"\ud800\0": ROW}})
def test_a_sample_is_passed_on_as_a_frame_that_everybody_can_read_or_dropped(passed_on, message):
    sent, kept = passed_on
    sent.clear(), kept.clear()
    with heard() as lines:
        Reader().take(written(message).encode())
    event("dropped" if lines else "passed on")
    assert len(lines) + len(sent) == 1
    assert ["is dropped" in line for line in lines] == [True] * len(lines)
    for frame in sent + kept:
        everybody_can_read(frame)


@FUZZ
@given(data=st.binary(max_size=40) | values.map(lambda value: written(value).encode()))
def test_bytes_that_are_no_sample_raise_the_declared_error_alone(data):
    with pytest.raises(BadMessage) as refused:
        parse_sample(data)
    assert len(str(refused.value)) < 500


@FUZZ
@given(
    seqs=st.lists(st.integers(0, 4) | st.sampled_from([-1, 2**63, 2**64 - 1]), max_size=9),
    data=st.data(),
)
def test_who_follows_the_frames_has_the_rows_of_the_newest_sample(seqs, data):
    """A browser: a full frame replaces what it has, a delta counts only after the one before it."""
    maker, rows, seq = FrameMaker("d1", "lb-1"), {}, None
    for number in seqs:
        names = data.draw(st.dictionaries(st.sampled_from("abc"), st.integers(0, 2), max_size=3))
        sample = GOOD | {"seq": number, "rows": {n: [v, *ROW[1:]] for n, v in names.items()}}
        frame, full = maker.make(parse_sample(written(sample)))
        if not frame["full"]:
            assert frame["seq"] == seq + 1
            kept = {name: row for name, row in rows.items() if name not in frame["removed"]}
        rows, seq = (frame["rows"] if frame["full"] else kept | frame["rows"]), frame["seq"]
        assert rows == full["rows"] == sample["rows"]


@pytest.mark.parametrize("entry_id", [b"0-0", b"1-18446744073709551615", b"18446744073709551615-1"])
def test_a_sample_entered_whenever_its_director_says_is_never_from_tomorrow(monkeypatch, entry_id):
    entered = []
    monkeypatch.setattr(samples.push, "send_frame", lambda *_: None)
    monkeypatch.setattr(samples.live, "store_frame", lambda *args: entered.append(args[-1]))
    Reader().take(written(GOOD).encode(), entry_id)
    assert 0 <= entered[0] <= time.time()
