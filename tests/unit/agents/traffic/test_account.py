"""What was acknowledged, what was consumed, and what that leaves lost or doubled."""

import pytest
from monitoring_agents.traffic.account import Acknowledgements, Consumption, Latencies, lost, report


@pytest.fixture
def sent() -> Acknowledgements:
    """Ten records, one a second from 100 on, each acknowledged after half a second."""
    account = Acknowledgements()
    for second in range(10):
        number = account.sent(100.0 + second)
        account.acknowledged(number, 100.0 + second, 100.5 + second)
    return account


def read(*records: tuple[int, int, int]) -> Consumption:
    account = Consumption()
    for partition, offset, number in records:
        account.read(partition, offset, number)
    return account


def test_all_read_in_order_is_a_clean_account(sent: Acknowledgements):
    found = report(sent, read(*((0, 500 + number, number) for number in range(10))))
    assert (found["produced"], found["acknowledged"], found["consumed"]) == (10, 10, 10)
    assert (found["lost"], found["duplicated"], found["out_of_order"], found["errors"]) == (0, 0, {}, 0)


def test_an_acknowledged_record_that_never_came_is_lost_and_named(sent: Acknowledgements):
    found = report(sent, read(*((0, 500 + number, number) for number in range(10) if number not in (3, 9))))
    assert found["lost"] == 2
    assert found["lost_numbers"] == [3, 9]


def test_a_record_without_acknowledgement_may_be_missing(sent: Acknowledgements):
    sent.sent(110.0)
    consumption = read(*((0, 500 + number, number) for number in range(10)))
    assert lost(sent, consumption) == []


def test_a_number_at_two_offsets_was_written_twice():
    account = read((0, 500, 0), (0, 501, 1), (0, 502, 1))
    assert (account.consumed, account.duplicated, account.redelivered) == (2, 1, 0)


def test_the_same_offset_again_was_only_read_twice():
    account = read((0, 500, 0), (0, 501, 1), (0, 500, 0), (0, 501, 1), (0, 502, 2))
    assert (account.consumed, account.duplicated, account.redelivered) == (3, 0, 2)


def test_order_counts_within_a_partition_only():
    assert not read((0, 500, 5), (1, 900, 2), (0, 501, 7), (1, 901, 4)).out_of_order
    assert read((0, 500, 5), (0, 501, 3), (0, 502, 6), (1, 900, 1)).out_of_order == {0: 1}


def test_the_longest_gap_is_measured_between_acknowledgements():
    account = Acknowledgements()
    for moment in (100.0, 100.2, 100.4, 106.9, 107.0):
        account.acknowledged(account.sent(moment - 0.1), moment - 0.1, moment)
    found = report(account, Consumption())
    assert found["longest_gap_seconds"] == 6.5
    assert found["longest_gap_at"] == "1970-01-01T00:01:40.400+00:00"


def test_waiting_for_the_first_and_the_last_acknowledgement_counts_as_a_gap():
    account = Acknowledgements()
    account.sent(100.0)
    account.acknowledged(0, 100.0, 103.0)
    assert account.longest_gap == 3.0
    account.sent(103.1)
    account.close_gap(110.0)
    assert account.longest_gap == 7.0


def test_quantiles_are_two_percent_off_at_most():
    latencies = Latencies()
    for milliseconds in range(1, 1001):
        latencies.add(milliseconds / 1000)
    assert latencies.quantile(0.5) == pytest.approx(0.5, rel=0.02)
    assert latencies.quantile(0.99) == pytest.approx(0.99, rel=0.02)
    assert Latencies().quantile(0.5) is None


def test_what_a_client_goes_through_by_itself_is_no_error_of_the_application():
    account = Consumption()
    for name in ("_TRANSPORT", "NOT_COORDINATOR", "TOPIC_AUTHORIZATION_FAILED", "TOPIC_AUTHORIZATION_FAILED"):
        account.met(name)
    assert account.errors == {"TOPIC_AUTHORIZATION_FAILED": 2}
    assert report(Acknowledgements(), account)["errors"] == 2
