"""How far a group is behind in one partition."""

from monitoring_agents.lag.lag import Bounds, PartitionLag, lag
from monitoring_agents.lag.times import OffsetTimes

NOW = 1000.0


def lag_at(committed: int, bounds: Bounds) -> PartitionLag:
    """Offset n was appended at the time n, up to 1000, as far as the table reaches back: to 900."""
    times = OffsetTimes(10.0)
    for end in range(900, 1001, 10):
        times.observe_end(end, float(end))
    return lag("adapter", ("monitor.aws.ec2", 3), committed, bounds=bounds, times=times, now=NOW)


def test_a_group_behind_has_the_age_of_its_oldest_record():
    found = lag_at(950, Bounds(0, 1000))
    assert (found.records, found.seconds, found.lost) == (50, 50.0, 0)


def test_a_group_that_read_all_has_no_lag_however_old_the_last_record_is():
    found = lag_at(1000, Bounds(0, 1000))
    assert (found.records, found.seconds, found.lost) == (0, 0.0, 0)


def test_an_offset_beyond_the_end_is_no_negative_lag():
    assert lag_at(1200, Bounds(0, 1000)).records == 0


def test_records_that_retention_took_first_are_lost():
    found = lag_at(100, Bounds(940, 1000))
    assert (found.records, found.lost) == (900, 840)
    assert found.seconds == 60.0


def test_beyond_the_tables_reach_the_lag_is_at_least_that_old():
    assert lag_at(500, Bounds(0, 1000)).seconds == 100.0


def test_of_nothing_known_there_is_no_age():
    found = lag("adapter", ("t", 0), 5, bounds=Bounds(0, 10), times=OffsetTimes(10.0), now=NOW)
    assert found.records == 5
    assert found.seconds is None
