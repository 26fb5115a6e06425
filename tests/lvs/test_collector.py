"""Pausing Python's collector of cycles."""

import gc
import weakref

import pytest

from lvs.collector import LOOK_EACH, no_collection


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


class Node:
    """Something that can hold a cycle."""


def test_what_was_made_is_not_searched_right_afterwards():
    with no_collection():
        made = [Node() for _ in range(10)]
    young = {id(one) for generation in (0, 1) for one in gc.get_objects(generation)}
    assert young.isdisjoint(map(id, made))


def test_garbage_is_found_although_blocks_come_without_end():
    with no_collection():
        node = Node()
        node.itself = node
    alive = weakref.ref(node)
    del node
    for _ in range(LOOK_EACH):
        with no_collection():
            pass
    assert alive() is None


def test_what_somebody_keeps_out_of_all_searches_stays_out():
    gc.freeze()
    try:
        frozen = gc.get_freeze_count()
        with no_collection():
            pass
        assert gc.get_freeze_count() == frozen
    finally:
        gc.unfreeze()
