"""Replicas that come and go with the replication factor."""

from collections import Counter

from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.placement import loads, resized

RACKS = {1: "a", 2: "b", 3: "c", 4: "a"}


def test_growing_goes_to_new_racks_and_the_least_loaded_broker() -> None:
    present = {0: (1,), 1: (2,), 2: (3,)}
    grown = resized(present, 3, RACKS, loads(present.values(), RACKS))
    assert all({RACKS[broker] for broker in replicas} == {"a", "b", "c"} for replicas in grown.values())
    assert {replicas[0] for replicas in grown.values()} == {1, 2, 3}
    counts = loads(grown.values(), RACKS)
    assert sum(counts.values()) == 9
    assert abs(counts[1] - counts[4]) <= 1


def test_shrinking_keeps_leaders_and_drops_the_rack_held_twice() -> None:
    assert resized({0: (1, 4, 2)}, 2, RACKS, Counter()) == {0: (1, 2)}


def test_shrinking_drops_a_dead_broker_first_even_the_leader() -> None:
    assert resized({0: (9, 2, 3)}, 2, RACKS, Counter()) == {0: (2, 3)}


def test_partitions_of_the_right_size_stay() -> None:
    assert resized({0: (1, 2, 3)}, 3, RACKS, Counter()) == {}


def test_load_that_was_given_is_left_as_it_was() -> None:
    load = Counter({1: 5})
    resized({0: (1,)}, 2, RACKS, load)
    assert load == Counter({1: 5})
