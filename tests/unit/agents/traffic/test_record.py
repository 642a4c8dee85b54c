"""A record's value."""

import pytest
from monitoring_agents.traffic.record import decode, encode


def test_a_record_is_of_its_size_and_says_its_number():
    value = encode("run1", 42, 100)
    assert len(value) == 100
    assert decode("run1", value) == 42


def test_a_size_too_small_for_the_number_does_not_cut_it():
    assert decode("run1", encode("run1", 123456, 1)) == 123456


@pytest.mark.parametrize("value", [None, b"", b"run1", b"run2 7 ..", b"run1 x ..", b"run1 -7 .."])
def test_other_runs_and_programs_are_passed_over(value: bytes | None):
    assert decode("run1", value) is None
