"""Which replicas a throttle holds back."""

from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.throttles import (
    FOLLOWER_MARK,
    LEADER_MARK,
    RATES,
    Move,
    cleared,
    marks,
    rates,
)


def test_present_replicas_send_and_new_ones_copy() -> None:
    moves = [Move("a", 0, (1, 2), (3, 2)), Move("a", 1, (2, 1), (2, 1, 3)), Move("b", 0, (1, 2), (2, 4))]
    assert marks(moves) == {
        "a": {LEADER_MARK: "0:1,0:2,1:2,1:1", FOLLOWER_MARK: "0:3,1:3"},
        "b": {LEADER_MARK: "0:1,0:2", FOLLOWER_MARK: "0:4"},
    }


def test_move_that_copies_nothing_is_not_throttled() -> None:
    assert marks([Move("a", 0, (1, 2), (2, 1)), Move("a", 1, (1, 2, 3), (1, 2))]) == {}


def test_only_throttles_are_cleared() -> None:
    assert cleared({LEADER_MARK: "0:1", "retention.ms": "1"}) == {LEADER_MARK: None}
    assert cleared(rates(1000)) == dict.fromkeys(RATES)
