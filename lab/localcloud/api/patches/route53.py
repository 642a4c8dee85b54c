"""Route53: private zones, and changes that are checked against the zone's records."""

from copy import deepcopy
from typing import Any

from moto.core.exceptions import ServiceException
from moto.route53.models import FakeZone, RecordSet, Route53Backend
from moto.route53.responses import Route53

from localcloud.api.patches.replacing import original, replace

Change = dict[str, Any]


class InvalidChangeBatchError(ServiceException):
    """Route53's refusal of a whole change batch; nothing of it was applied."""

    code = "InvalidChangeBatch"


def zone_with_vpc_is_private() -> None:
    """moto makes a zone private only if PrivateZone is sent; AWS infers it from the VPC.

    Terraform's provider sends the VPC alone, and could then not associate a second VPC.
    """
    create_hosted_zone = original(Route53, "create_hosted_zone")

    def create(self: Route53) -> Any:
        if self._get_param("VPC.VPCId"):
            self.params.setdefault("HostedZoneConfig", {})["PrivateZone"] = True
        return create_hosted_zone(self)

    replace(Route53, "create_hosted_zone", create)


def vpc_is_associated_once() -> None:
    """moto lists a VPC twice that was associated twice; AWS keeps one association."""
    add_vpc = original(FakeZone, "add_vpc")

    def add(self: FakeZone, vpc_id: str | None, vpc_region: str | None) -> Any:
        for vpc in self.vpcs:
            if vpc.get("vpc_id") == vpc_id:
                return vpc
        return add_vpc(self, vpc_id, vpc_region)

    replace(FakeZone, "add_vpc", add)


def soa_value_is_text() -> None:
    """moto stores the SOA record's value as a mapping, so that it lists as `{'Value': ...}`."""
    add_rrset = original(FakeZone, "add_rrset")

    def add(self: FakeZone, record_set: dict[str, Any]) -> Any:
        values = record_set.get("ResourceRecords") or []
        texts = [value["Value"] if isinstance(value, dict) else value for value in values]
        return add_rrset(self, {**record_set, "ResourceRecords": texts})

    replace(FakeZone, "add_rrset", add)


def changes_are_checked_against_the_zone() -> None:
    """moto checks CREATE and DELETE against a journal of all changes ever made to the zone.

    So it refuses to create a record again after its deletion, accepts two different CREATEs of one
    name, and stops half-way through a bad batch. AWS checks the records as they are, and a batch
    applies as a whole or not at all.
    """

    def change(self: Route53Backend, zoneid: str, change_list: list[Change]) -> None:
        zone = self.get_hosted_zone(zoneid)
        records = list(zone.rrsets)
        refusals: list[str] = []
        for item in change_list:
            try:
                records = _changed(records, item, zone.name)
            except ValueError as refusal:
                refusals.append(str(refusal))
        if refusals:
            raise InvalidChangeBatchError(f"[{', '.join(refusals)}]")
        zone.rrsets = records

    replace(Route53Backend, "change_resource_record_sets", change)


def _changed(records: list[RecordSet], item: Change, zone_name: str) -> list[RecordSet]:
    action = item["Action"]
    wanted = deepcopy(item["ResourceRecordSet"])
    wanted["Name"] = wanted["Name"].rstrip(".").lower() + "."
    wanted["ResourceRecords"] = [value["Value"] for value in wanted.get("ResourceRecords") or []]
    record = _record_set(wanted)
    what = f"name='{record.name}', type='{record.type}'"
    if record.name != zone_name and not record.name.endswith(f".{zone_name}"):
        raise ValueError(f"RRSet with DNS name {record.name} is not permitted in zone {zone_name}")
    existing = [r for r in records if _key(r) == _key(record)]
    if action == "CREATE" and existing:
        raise ValueError(f"Tried to create resource record set [{what}] but it already exists")
    if action == "DELETE":
        if not existing:
            raise ValueError(f"Tried to delete resource record set [{what}] but it was not found")
        if _content(existing[0]) != _content(record):
            raise ValueError(
                f"Tried to delete resource record set [{what}] but the values provided do not match the current values"
            )
    if action not in ("CREATE", "DELETE", "UPSERT"):
        raise ValueError(f"Value '{action}' at 'action' failed to satisfy enum value set")
    others = [r for r in records if _key(r) != _key(record)]
    return others if action == "DELETE" else [*others, record]


def _record_set(fields: dict[str, Any]) -> RecordSet:
    # moto's own class, abstract only in what CloudFormation would ask of it.
    kind: Any = RecordSet
    record: RecordSet = kind(fields)
    return record


def _key(record: RecordSet) -> tuple[Any, ...]:
    return (record.name, record.type, record.set_identifier)


def _content(record: RecordSet) -> tuple[Any, ...]:
    ttl = None if record.ttl is None else int(record.ttl)
    return (ttl, sorted(record.records or []), record.alias_target)


PATCHES = (
    zone_with_vpc_is_private,
    vpc_is_associated_once,
    soa_value_is_text,
    changes_are_checked_against_the_zone,
)
