"""The bench's own arithmetic, bars and table."""

import pytest

from lab.bench.figures import (
    Bar,
    Delays,
    Measured,
    Timed,
    figures,
    misses,
    percentile,
    ratio,
    table,
)
from lab.bench.tables import plain_table, with_weights
from lab.bench.works import WARM_UPS, Work, run
from lvs.plan import make_plan
from lvs.rules import check_table


def timed(ours=(1.0, 2.0, 6.0), peers=(10.0, 10.0, 10.0), name="work"):
    return Timed(name, "some work", "a peer", ours, peers, ())


def test_ratio_is_the_median_of_the_rounds_not_of_the_sides():
    # A machine that is three times as slow in one round is so for both.
    assert ratio(timed((1.0, 9.0, 3.0), (10.0, 30.0, 10.0))) == pytest.approx(0.3)


def test_without_a_peer_there_is_no_ratio():
    assert ratio(timed(peers=())) is None


def test_rounds_that_lack_their_peer_are_refused():
    with pytest.raises(ValueError, match="shorter"):
        ratio(timed(peers=(10.0, 10.0)))


def test_figures_hold_medians():
    found = figures([timed()], [Measured("memory", "of it", 12.5, "MB")])
    assert found["work"]["ours_s"] == 2.0
    assert found["work"]["peer_s"] == 10.0
    assert found["work"]["ratio"] == 0.2
    assert found["work"]["rounds"] == 3
    assert found["work"]["command_s"] is None
    assert found["memory"] == {"what": "of it", "value": 12.5, "unit": "MB"}


@pytest.mark.parametrize(("most", "missed"), [(0.19, True), (0.2, False), (1.0, False)])
def test_bar_is_the_most_that_is_allowed(most, missed):
    assert bool(misses(figures([timed()], []), [Bar("work", most)])) == missed


def test_bar_without_a_figure_is_missed():
    assert misses({}, [Bar("work", 0.5)]) == ["work was not measured; its bar is 0.5"]
    without = figures([timed(peers=())], [])
    assert misses(without, [Bar("work", 0.5)]) == ["work was not measured; its bar is 0.5"]


def test_missed_bar_is_named_with_both_numbers():
    found = figures([timed()], [Measured("memory", "", 450.0, "MB")])
    bars = [Bar("work", 0.05), Bar("memory", 400.0)]
    assert misses(found, bars) == ["work is 0.2, its bar 0.05", "memory is 450 MB, its bar 400 MB"]


def test_table_has_a_line_for_each_figure():
    found = figures([timed(), timed(name="import", peers=())], [Measured("memory", "", 7.0, "MB")])
    lines = table(found, [Bar("work", 0.5)]).splitlines()
    assert [line.split()[0] for line in lines] == ["work", "work", "import", "memory"]
    assert "2.000 s" in lines[1] and "0.200" in lines[1] and "0.5" in lines[1]
    assert lines[3].split()[1:3] == ["7", "MB"]
    assert len({line.index(" s ") for line in lines[1:3]}) == 1


@pytest.mark.parametrize(
    ("count", "percent", "rank"),
    [(100, 99, 99), (100, 50, 50), (60, 99, 60), (3, 50, 2), (4, 50, 2), (1, 99, 1), (1, 0, 1)],
)
def test_percentiles_go_by_nearest_rank(count, percent, rank):
    values = [float(number) for number in range(count, 0, -1)]
    assert percentile(values, percent) == rank


WAITS = Delays("approval", "how long", [number / 100 for number in range(1, 101)])


def test_delays_are_told_in_milliseconds():
    found = figures([], [], [WAITS])
    assert found == {
        "approval": {"what": "how long", "rounds": 100, "p50_ms": 500.0, "p99_ms": 990.0}
    }


def test_bar_of_delays_is_for_the_slow_ones():
    found = figures([], [], [WAITS])
    assert misses(found, [Bar("approval", 990.0)]) == []
    [missed] = misses(found, [Bar("approval", 989.0)])
    assert missed == "approval is 990 ms at p99, its bar 989 ms at p99"


def test_table_says_both_percentiles_of_delays():
    _, line = table(figures([], [], [WAITS]), [Bar("approval", 1000.0)]).splitlines()
    assert line.split()[1:5] == ["500", "ms,", "p99", "990"]
    assert "1000" in line


class Shell:
    """A shell whose commands take as many seconds as they are long."""

    def run(self, line):
        return float(len(line))


def test_each_round_begins_in_the_same_state_and_what_warms_up_does_not_count():
    done = []
    work = Work(
        *("work", "some work", "a peer"),
        lambda: done.append("prepare"),
        lambda: done.append("ours"),
        "peer",
        "command",
    )
    found = run(work, Shell(), 5)
    warming_up = ["prepare", "ours"] * WARM_UPS
    assert done == [*warming_up, *["prepare", "ours", "prepare", "prepare"] * 6]
    assert (len(found.ours), found.peers, found.commands) == (5, [4.0] * 5, [7.0] * 5)


def test_tables_that_are_measured_are_valid_and_as_large_as_they_say():
    made = plain_table(300, 10)
    assert check_table(made) == []
    assert len(made.services) == 300
    assert len({s.address for v in made.services for s in v.real_servers}) == 3000


def test_edits_are_as_many_as_they_say():
    made = plain_table(20, 3)
    steps = make_plan(made, with_weights(made, 7, 77))
    assert [step.kind for step in steps] == ["edit server"] * 7
