"""Pausing Python's collector of cycles."""

import gc

import pytest

from lvs.collector import no_collection


def test_it_is_off_inside_and_on_again_after():
    with no_collection():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_is_on_again_after_an_error():
    with pytest.raises(KeyError), no_collection():
        raise KeyError
    assert gc.isenabled()


def test_inner_block_leaves_it_to_the_outer_one():
    with no_collection():
        with no_collection():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_process_that_switched_it_off_keeps_it_off():
    gc.disable()
    try:
        with no_collection():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
