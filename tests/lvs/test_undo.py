"""Back from what a plan wants to what it starts from."""

import pytest
from hypothesis import given

from lvs.model import EMPTY
from lvs.plan import concerned, make_plan
from lvs.undo import start_of
from tests.lvs.examples import TUTORIAL
from tests.lvs.setting_strategies import everything, full_pairs
from tests.lvs.strategies import edited_tables


@given(edited_tables())
def test_undoing_all_steps_gives_the_table_that_the_plan_was_made_from(tables):
    current, desired = tables
    assert start_of(desired, make_plan(current, desired)) == current


@given(full_pairs())
def test_settings_come_back_too(pair):
    before, desired = pair
    current = everything(before).only(concerned(desired, before.scope))
    assert start_of(desired, make_plan(current, desired)) == current


def test_of_no_steps_the_start_is_the_table_itself():
    assert start_of(TUTORIAL, ()) == TUTORIAL


def test_steps_that_lead_elsewhere_are_refused():
    with pytest.raises(KeyError):
        start_of(EMPTY, make_plan(EMPTY, TUTORIAL))
