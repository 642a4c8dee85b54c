"""When a record was appended: what a bounded table of one partition says, and what is asked to say it better.

The partition is simulated: a list of append times, from which end offsets and answers by timestamp follow.
"""

from bisect import bisect_left
from collections.abc import Sequence

import pytest
from monitoring_agents.lag.times import ROWS, OffsetTimes

INTERVAL = 10.0
HOUR = 3600.0


def watched(appended: Sequence[float], start: float, until: float) -> OffsetTimes:
    """Observe the ends of a partition whose record i was appended at ``appended[i]``, each interval."""
    times = OffsetTimes(INTERVAL)
    for beat in range(int((until - start) / INTERVAL) + 1):
        now = start + beat * INTERVAL
        times.observe_end(bisect_left(appended, now), now)
    return times


def answer(appended: Sequence[float], times: OffsetTimes, asked: float) -> None:
    """Answer as Kafka does; all records are older: the end stands for the record to come."""
    offset = bisect_left(appended, asked)
    if offset < len(appended):
        times.observe_answer(asked, offset, appended[offset])
    else:
        times.observe_answer(asked, offset, asked)


def questions_until_precise(appended: Sequence[float], times: OffsetTimes, offset: int, now: float) -> int:
    """Ask as the collector does; the number of questions it took."""
    for attempt in range(60):
        found = times.estimate(offset)
        if found is not None and found.is_precise(now, INTERVAL):
            return attempt
        answer(appended, times, found.question(now, INTERVAL, attempt) if found else 0.0)
    pytest.fail("the gap does not become narrow")


STEADY = [float(second) for second in range(1000)]
IDLE_AFTER_BURST = [100 + index / 1000 for index in range(500)]
BURSTS = sorted(hour * HOUR + index / 100 for hour in range(24) for index in range(400))
GROWING = [24 * HOUR * (index / 5000) ** 0.3 for index in range(5000)]


def test_a_record_between_two_observations_is_interpolated():
    times = watched(STEADY, 0, 500)
    found = times.estimate(432)
    assert found is not None
    assert found.time == pytest.approx(432, abs=INTERVAL)
    assert found.earliest <= 432 <= found.latest


def test_a_record_older_than_the_table_is_not_guessed():
    assert watched(STEADY, 300, 500).estimate(299) is None


def test_the_next_record_to_come_has_no_time():
    assert watched(STEADY, 0, 500).estimate(500) is None


def test_while_nothing_is_produced_the_lag_of_what_is_there_still_grows():
    found = watched(IDLE_AFTER_BURST, 0, 900).estimate(250)
    assert found is not None
    assert 90 <= found.time <= 110


def test_the_first_record_after_a_pause_is_not_as_old_as_the_pause():
    appended = [100.0, 2000.0]
    found = watched(appended, 0, 2010).estimate(1)
    assert found is not None
    assert found.time == pytest.approx(2000, abs=INTERVAL)


def test_one_day_of_observations_stays_in_its_bounds_and_precise():
    appended = [float(second) for second in range(0, 24 * 3600, 2)]
    now = 24 * HOUR
    times = watched(appended, 0, now)
    assert len(times) <= ROWS
    for age in (20, 60, 600, 1800, 4 * HOUR, 20 * HOUR):
        offset = int((now - age) / 2)
        found = times.estimate(offset)
        assert found is not None
        assert found.is_precise(now, INTERVAL)
        assert found.time == pytest.approx(now - age, abs=max(2 * INTERVAL, 0.1 * age))


def test_answers_do_not_outgrow_the_bounds_of_an_idle_partition():
    times = OffsetTimes(INTERVAL)
    for offset in range(1000):
        times.observe_answer(float(offset), offset, float(offset))
        times.observe_end(1000, 2000.0 + offset)
    assert len(times) <= ROWS


@pytest.mark.parametrize(
    "appended", [STEADY, IDLE_AFTER_BURST, BURSTS, GROWING], ids=["steady", "burst", "bursts", "grow"]
)
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_after_a_start_few_questions_find_the_time_of_any_record(appended: list[float], share: float):
    now = appended[-1] + 60
    times = OffsetTimes(INTERVAL)
    times.observe_end(len(appended), now)
    offset = int(len(appended) * share)
    assert questions_until_precise(appended, times, offset, now) <= 15
    found = times.estimate(offset)
    assert found is not None
    assert found.earliest <= appended[offset] <= found.latest


def test_of_an_even_stream_three_questions_find_it():
    appended = [float(second) for second in range(24 * 3600)]
    times = OffsetTimes(INTERVAL)
    times.observe_end(len(appended), 24 * HOUR)
    assert questions_until_precise(appended, times, len(appended) - 1200, 24 * HOUR) <= 3


def test_the_oldest_record_answers_for_a_group_that_stands_there():
    times = OffsetTimes(INTERVAL)
    times.observe_end(50, 100.0)
    times.observe_answer(0.0, 10, 40.0)
    found = times.estimate(10)
    assert found is not None
    assert (found.earliest, found.latest) == (40.0, 100.0)


def test_timestamps_that_contradict_what_was_seen_are_held_to_it():
    times = OffsetTimes(INTERVAL)
    times.observe_end(10, 100.0)
    times.observe_end(20, 110.0)
    times.observe_answer(50.0, 15, 9000.0)  # a producer whose clock is ahead
    found = times.estimate(15)
    assert found is not None
    assert 100.0 <= found.time <= 110.0


def test_a_topic_made_anew_forgets_the_times_of_the_old_one():
    times = OffsetTimes(INTERVAL)
    times.observe_end(1000, 100.0)
    times.observe_end(5, 110.0)
    assert times.estimate(500) is None
    assert len(times) == 1
