"""What a function gave is remembered, up to a bound."""

import pytest

from lvs import remember
from lvs.remember import remembered


@pytest.fixture
def asked():
    return []


@pytest.fixture
def double(asked):
    @remembered
    def double(number):
        asked.append(number)
        return 2 * number

    return double


def test_each_answer_is_worked_out_once(double, asked):
    assert [double(3), double(4), double(3)] == [6, 8, 6]
    assert asked == [3, 4]


def test_an_error_is_raised_each_time_anew():
    number = remembered(int)
    for _ in range(2):
        with pytest.raises(ValueError, match="'x'"):
            number("x")


def test_nothing_is_remembered_without_end(double, asked, monkeypatch):
    monkeypatch.setattr(remember, "MOST", 3)
    assert [double(number) for number in (*range(10), *range(10))] == [*range(0, 20, 2)] * 2
    assert len(double.__self__) <= remember.MOST
