"""What has to change in a zone."""

import pytest
from ansible_collections.selfhosted.monitoring.plugins.module_utils.aws.record_changes import (
    Changes,
    ConflictError,
    Record,
    absolute,
    batches,
    changes,
)

ZONE = "m.test"


def listed(name: str, value: str, **more: str) -> dict[str, object]:
    return {"Name": f"{name}.", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": value}], **more}


def test_escaped_and_upper_case_names_are_the_same_name() -> None:
    assert absolute("\\052.M.Test.") == "*.m.test"


def test_name_held_by_a_routed_record_is_a_conflict() -> None:
    with pytest.raises(ConflictError, match=r"a\.m\.test A"):
        changes([Record("a.m.test", "A", 60, ("1",))], [listed("a.m.test", "1", SetIdentifier="x")], ZONE, None)


def test_purge_spares_the_zone_itself_and_routed_records() -> None:
    items = [
        {"Name": "m.test.", "Type": "NS", "TTL": 60, "ResourceRecords": [{"Value": "ns."}]},
        listed("b.m.test", "1", SetIdentifier="x"),
        listed("c.m.test", "1"),
    ]
    planned, _kept = changes([], items, ZONE, ".*")
    assert [record.name for record in planned.deletions] == ["c.m.test"]


def test_many_changes_are_split_at_the_limits_of_the_api() -> None:
    records = tuple(Record(f"h{number}.m.test", "A", 60, ("10.0.0.1",)) for number in range(1200))
    assert [len(batch) for batch in batches(Changes(records, ()))] == [500, 500, 200]
    assert [len(batch) for batch in batches(Changes((), records))] == [1000, 200]
