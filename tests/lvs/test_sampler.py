"""From counters to samples: rates are the truth or nothing."""

from lvs.agent.entries import TEXT
from lvs.agent.shapes import parse_sample
from lvs.agent.streams import ROW_FIELDS
from lvs.counters import Counters, ServerCounters, ServiceCounters
from lvs.model import ServiceKey
from lvs.sampler import Sampler
from tests.identities import voice

KEY = ServiceKey("inet", "tcp", "192.168.49.134", 80, 0)
SERVICE = "tcp 192.168.49.134:80"
SERVER = "tcp 192.168.49.134:80|192.168.1.103:80"
NOTHING = Counters()
RATES = [name for name in ROW_FIELDS if name.endswith("_rate")]


def server(address="192.168.1.103", counters=NOTHING, active=3, weight=7):
    return ServerCounters(address, 80, weight, active, 2, 1, counters)


def reading(counters=NOTHING, *servers, key=KEY):
    return [ServiceCounters(key, counters, servers)]


def row(message, name=SERVICE):
    return dict(zip(ROW_FIELDS, message["rows"][name], strict=True))


def rates(message, name=SERVICE):
    return [row(message, name)[field] for field in RATES]


def test_the_first_sample_has_totals_and_no_rates():
    first = Sampler().take(reading(Counters(1, 2, 3, 4, 5)), at=100.0, monotonic=5.0)
    assert first["interval"] is None
    assert row(first)["connections"] == 1
    assert row(first)["out_bytes"] == 5
    assert rates(first) == [None] * 5


def test_rates_are_differences_per_second_of_the_steady_clock():
    sampler = Sampler()
    sampler.take(reading(Counters(10, 20, 30, 40, 50)), at=100.0, monotonic=5.0)
    later = sampler.take(reading(Counters(11, 24, 30, 1040, 50)), at=900.0, monotonic=7.0)
    assert later["interval"] == 2.0
    assert rates(later) == [0.5, 2.0, 0, 500.0, 0]


def test_counters_beyond_32_bits_are_kept():
    sampler = Sampler()
    sampler.take(reading(Counters(0, 0, 0, 2**32 - 1, 0)), at=0, monotonic=1.0)
    later = sampler.take(reading(Counters(0, 0, 0, 2**40, 0)), at=1, monotonic=2.0)
    assert row(later)["in_bytes"] == 2**40
    assert row(later)["in_bytes_rate"] == (2**40 - 2**32 + 1) / 2


def test_a_counter_that_went_backwards_makes_the_rates_unknown():
    sampler = Sampler()
    sampler.take(reading(Counters(10, 20, 30, 40, 50)), at=0, monotonic=1.0)
    zeroed = sampler.take(reading(Counters(11, 21, 31, 41, 0)), at=1, monotonic=2.0)
    after = sampler.take(reading(Counters(12, 21, 31, 41, 0)), at=2, monotonic=3.0)
    assert rates(zeroed) == [None] * 5
    assert rates(after) == [0.5, 0, 0, 0, 0]


def test_a_new_row_has_no_rates():
    sampler = Sampler()
    sampler.take(reading(), at=0, monotonic=1.0)
    later = sampler.take(reading(NOTHING, server()), at=1, monotonic=4.0)
    assert rates(later, SERVER) == [None] * 5
    assert rates(later, SERVICE) == [0] * 5


def test_a_row_that_went_and_came_back_has_no_rates():
    sampler = Sampler()
    sampler.take(reading(Counters(5)), at=0, monotonic=1.0)
    assert sampler.take([], at=1, monotonic=2.0)["rows"] == {}
    assert rates(sampler.take(reading(Counters(9)), at=2, monotonic=3.0)) == [None] * 5


def connection_rates(*readings):
    """The connections/s of the last of some readings: (steady seconds, connections so far)."""
    sampler = Sampler()
    for monotonic, connections in readings:
        made = sampler.take(reading(Counters(connections)), at=0, monotonic=monotonic)
    return rates(made)[0]


def test_the_kernels_sums_of_two_seconds_make_one_steady_rate():
    at_once = connection_rates((0, 0), (1, 8))
    between = connection_rates((0, 0), (1, 8), (2, 8))
    next_sum = connection_rates((0, 0), (1, 8), (2, 8), (3, 16))
    assert [at_once, between, next_sum] == [4.0, 4.0, 4.0]


def test_a_sum_that_comes_just_after_a_reading_makes_no_gap_and_no_spike():
    late = ((0, 0), (1, 8), (2.02, 8), (3.01, 8))
    assert connection_rates(*late[:3]) == 4.0
    assert connection_rates((0, 0), (1, 8), (1.99, 16)) == 4.0


def test_traffic_that_stopped_shows_as_idle_soon():
    assert connection_rates((0, 0), (1, 8), (2, 8), (3, 8), (4, 8)) == 0


def test_a_row_without_traffic_is_idle_once_a_sum_is_overdue():
    assert connection_rates((0, 5), (1, 5)) is None
    assert connection_rates((0, 5), (1, 5), (2, 5), (3, 5)) == 0


def test_a_longer_interval_counts_as_what_it_is():
    assert connection_rates((0, 0), (5, 20)) == 4.0


def test_a_service_sums_the_connections_of_its_servers_and_has_no_weight():
    servers = (server(active=3), server("192.168.1.104", active=4))
    values = row(Sampler().take(reading(NOTHING, *servers), at=0, monotonic=0))
    assert [values[name] for name in ROW_FIELDS[:4]] == [7, 4, 2, None]


def test_a_server_row_has_its_own_connections_and_weight():
    values = row(Sampler().take(reading(NOTHING, server()), at=0, monotonic=0), SERVER)
    assert [values[name] for name in ROW_FIELDS[:4]] == [3, 2, 1, 7]


def test_samples_are_numbered():
    sampler = Sampler()
    assert [sampler.take([], at=0, monotonic=n)["seq"] for n in range(3)] == [1, 2, 3]


def test_ipv6_rows_are_named_as_ipvsadm_writes_them():
    key = ServiceKey("inet6", "tcp", "2001:db8::1", 80, 0)
    made = Sampler().take(reading(NOTHING, server("fd00::3"), key=key), at=0, monotonic=0)
    assert list(made["rows"]) == ["tcp [2001:db8::1]:80", "tcp [2001:db8::1]:80|[fd00::3]:80"]


def test_a_sample_has_the_agreed_shape():
    sampler = Sampler()
    sampler.take(reading(Counters(1), server()), at=0, monotonic=1.0)
    made = sampler.take(reading(Counters(2), server()), at=1, monotonic=2.0)
    entry = voice("sample", "lb1").entry(made)
    numbered = parse_sample(entry[TEXT])
    assert {name: numbered[name] for name in made} == made
