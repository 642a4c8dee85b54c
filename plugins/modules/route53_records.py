#!/usr/bin/python
# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: route53_records
short_description: A set of records of a Route53 zone is as declared
version_added: 0.1.0
author: The selfhosted.monitoring contributors (@selfhosted)
description:
  - Compares the declared records with one listing of the zone, and changes what differs in one transaction.
  - M(amazon.aws.route53) takes one record a call, each with its own module start, listing and change.
  - Above about 500 records that change at once the API's limits ask for several transactions.
  - Aliases and records with a routing policy are never changed.
requirements:
  - boto3 >= 1.35
attributes:
  check_mode:
    description: Lists the zone and says what would change.
    support: full
  diff_mode:
    description: Shows the records that change, a line each.
    support: full
options:
  zone:
    description: Name of the zone.
    type: str
    required: true
  private:
    description: Whether it is a private zone. Zones of both kinds may have one name.
    type: bool
    default: true
  zone_id:
    description: Id of the zone. Needed only where several zones of one kind have the name; spares a call.
    type: str
  records:
    description: The records. Together they are all records of names that match O(purge_pattern).
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Absolute name, in the zone.
        type: str
        required: true
      type:
        description: Type of the record.
        type: str
        choices: [A, AAAA, CNAME, TXT, SRV, PTR, MX, CAA, NS]
        default: A
      ttl:
        description: Seconds for which resolvers may keep it.
        type: int
        default: 60
      values:
        description: Values, in any order. TXT values are given with their quotes, as Route53 has them.
        type: list
        elements: str
        required: true
  purge_pattern:
    description:
      - Regular expression for whole names that are ours. A plain record of such a name that is not declared is removed.
      - Without it nothing is removed. The zone's own NS and SOA records never are.
    type: str
  region:
    description: Chooses the AWS partition and signs; Route53 is one service for all regions.
    type: str
    default: us-east-1
  profile:
    description: Profile of the AWS configuration. By default the usual AWS chain finds an identity.
    type: str
  endpoint_url:
    description: URL of the Route53 API. By default what the AWS configuration says.
    type: str
notes:
  - The identity needs C(route53:ListHostedZonesByName), and C(route53:ListResourceRecordSets) and
    C(route53:ChangeResourceRecordSets) on the zone.
seealso:
  - module: amazon.aws.route53
"""

EXAMPLES = r"""
- name: Names of the region's brokers are known
  selfhosted.monitoring.route53_records:
    zone: monitoring.example.com
    records:
      - {name: kafka-1.eu-west-1.monitoring.example.com, values: [10.0.16.10]}
      - {name: kafka-2.eu-west-1.monitoring.example.com, values: [10.0.17.10]}
    purge_pattern: 'kafka-\d+\.eu-west-1\.monitoring\.example\.com'
  delegate_to: localhost
  run_once: true

- name: Names of all hosts lead to their addresses
  selfhosted.monitoring.route53_records:
    zone: monitoring.example.com
    records: "{{ hostvars | selfhosted.monitoring.address_records(groups['monitoring']) }}"
    purge_pattern: '[a-z-]+-\d+\.[a-z0-9-]+\.monitoring\.example\.com'
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
zone_id:
  description: Id of the zone.
  type: str
  returned: success
  sample: Z0123456789ABCDEFGHIJ
upserted:
  description: Records that were made or changed.
  type: list
  elements: str
  returned: success
  sample: ["kafka-1.eu-west-1.monitoring.example.com 60 A 10.0.16.10"]
removed:
  description: Records that were removed.
  type: list
  elements: str
  returned: success
  sample: []
"""

import re
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.selfhosted.monitoring.plugins.module_utils.aws.client import Clients
from ansible_collections.selfhosted.monitoring.plugins.module_utils.aws.gather import explain
from ansible_collections.selfhosted.monitoring.plugins.module_utils.aws.record_changes import (
    Changes,
    ConflictError,
    Record,
    absolute,
    batches,
    changes,
    declared,
)


def zone_id(client: Any, zone: str, private: bool) -> str:
    """The one zone of this name and kind. Raises ConflictError where there is none, or more than one."""
    # The listing is ordered by name, so the zones of this name are the first ones.
    answer = client.list_hosted_zones_by_name(DNSName=zone)
    kind = "private" if private else "public"
    found = [
        item["Id"].rsplit("/", 1)[-1]
        for item in answer["HostedZones"]
        if absolute(item["Name"]) == zone and item["Config"].get("PrivateZone", False) == private
    ]
    if not found:
        raise ConflictError(f"there is no {kind} zone {zone}; make it with Terraform, or see whether private is right")
    if len(found) > 1:
        raise ConflictError(f"{len(found)} {kind} zones are named {zone} ({', '.join(found)}); choose one with zone_id")
    return str(found[0])


def listing(client: Any, zone: str) -> list[Any]:
    """All record sets of the zone, 300 a page (the API's limit)."""
    pages = client.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone)
    return [item for page in pages for item in page["ResourceRecordSets"]]


def _diff(zone: str, planned: Changes, present: dict[tuple[str, str], Record]) -> dict[str, str]:
    before = [present[record.key] for record in (*planned.upserts, *planned.deletions) if record.key in present]
    return {
        "before_header": f"zone {zone}",
        "after_header": f"zone {zone}",
        "before": "".join(f"{line}\n" for line in sorted(record.line() for record in before)),
        "after": "".join(f"{line}\n" for line in sorted(record.line() for record in planned.upserts)),
    }


def main() -> None:
    record = {
        "name": {"type": "str", "required": True},
        "type": {
            "type": "str",
            "default": "A",
            "choices": ["A", "AAAA", "CNAME", "TXT", "SRV", "PTR", "MX", "CAA", "NS"],
        },
        "ttl": {"type": "int", "default": 60},
        "values": {"type": "list", "elements": "str", "required": True},
    }
    module = AnsibleModule(
        argument_spec={
            "zone": {"type": "str", "required": True},
            "private": {"type": "bool", "default": True},
            "zone_id": {"type": "str"},
            "records": {"type": "list", "elements": "dict", "required": True, "options": record},
            "purge_pattern": {"type": "str"},
            "region": {"type": "str", "default": "us-east-1"},
            "profile": {"type": "str"},
            "endpoint_url": {"type": "str"},
        },
        supports_check_mode=True,
    )
    try:
        _run(module, module.params)
    except re.error as error:
        module.fail_json(msg=f"purge_pattern is not a regular expression: {error}")
    except ConflictError as error:
        module.fail_json(msg=f"zone {module.params['zone']}: {error}")
    except Exception as error:  # botocore's errors have no common base but this one
        module.fail_json(msg=f"zone {module.params['zone']}: {explain(error)}")


def _run(module: AnsibleModule, params: dict[str, Any]) -> None:
    zone = absolute(params["zone"])
    wanted = declared(params["records"], zone)
    client = Clients(params["profile"], params["endpoint_url"], timeout=60).route53(params["region"])
    identity = params["zone_id"] or zone_id(client, zone, params["private"])
    planned, present = changes(wanted, listing(client, identity), zone, params["purge_pattern"])
    if not module.check_mode:
        for batch in batches(planned):
            client.change_resource_record_sets(HostedZoneId=identity, ChangeBatch={"Changes": batch})
    module.exit_json(
        changed=bool(planned),
        zone_id=identity,
        upserted=[record.line() for record in planned.upserts],
        removed=[record.line() for record in planned.deletions],
        diff=_diff(zone, planned, present),
    )


if __name__ == "__main__":
    main()
