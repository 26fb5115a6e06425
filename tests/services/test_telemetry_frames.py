"""From samples to frames."""

from apps.telemetry.frames import FrameMaker

ROW = [1, 0, 0, None, 10, 5, 5, 400, 400, None, None, None, None, None]
MORE = [2, *ROW[1:]]


def sample(seq, rows):
    return {"schema": 1, "at": 100.0 + seq, "seq": seq, "interval": 1.0, "rows": rows}


def test_the_first_frame_is_full():
    sent, kept = FrameMaker("uuid", "d1").make(sample(7, {"a": ROW}))
    assert sent == kept
    assert sent == {
        "director": "uuid",
        "name": "d1",
        "seq": 7,
        "at": 107.0,
        "interval": 1.0,
        "full": True,
        "rows": {"a": ROW},
        "removed": [],
    }


def test_the_next_frame_holds_what_changed():
    maker = FrameMaker("uuid", "d1")
    maker.make(sample(1, {"a": ROW, "b": ROW, "c": ROW}))
    sent, kept = maker.make(sample(2, {"a": MORE, "b": ROW, "d": ROW}))
    assert (sent["seq"], sent["full"]) == (2, False)
    assert sent["rows"] == {"a": MORE, "d": ROW}
    assert sent["removed"] == ["c"]
    assert kept["full"]
    assert kept["rows"] == {"a": MORE, "b": ROW, "d": ROW}


def test_without_a_change_a_frame_comes_all_the_same():
    maker = FrameMaker("uuid", "d1")
    maker.make(sample(1, {"a": ROW}))
    sent, _ = maker.make(sample(2, {"a": list(ROW)}))
    assert (sent["seq"], sent["rows"], sent["removed"]) == (2, {}, [])


def test_after_a_gap_or_a_restart_the_frame_is_full():
    maker = FrameMaker("uuid", "d1")
    maker.make(sample(5, {"a": ROW}))
    for seq in (7, 1):
        sent, _ = maker.make(sample(seq, {"a": ROW}))
        assert (sent["seq"], sent["full"]) == (seq, True)


def test_two_relays_make_the_same_frames():
    one, other = FrameMaker("uuid", "d1"), FrameMaker("uuid", "d1")
    one.make(sample(1, {"a": ROW}))
    one.make(sample(2, {"a": MORE}))
    other.make(sample(2, {"a": MORE}))
    assert one.make(sample(3, {"a": ROW})) == other.make(sample(3, {"a": ROW}))
