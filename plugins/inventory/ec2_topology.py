# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ec2_topology
short_description: A deployment's topology from the tags of its EC2 instances
version_added: 0.1.0
author: The selfhosted.monitoring contributors (@selfhosted)
description:
  - Reads the running EC2 instances of one deployment and environment, in several regions and accounts at once,
    and turns their tags into groups and a few typed host variables.
  - "An instance belongs to the deployment by four tags: C(monitoring:deployment), C(monitoring:environment),
    C(monitoring:roles) (role names separated by spaces) and C(monitoring:node-id) (a small integer, unique in its
    region).
    Subnets carry the first two."
  - Tags decide which machine is given certificates and secrets. So account, VPC and instance profile must match too,
    and an instance that does not match is never in the inventory, whatever O(validate) says.
  - "Groups: C(monitoring) holds all hosts; in it are C(deployment_<name>), C(environment_<name>), C(region_<name>)
    and C(zone_<name>), each inside the one before, the roles' names, and C(zone_index_<n>), where 1 is the
    first zone of each region. So C(group_vars) of a zone win over those of its region, and so on."
  - "Host variables: C(ansible_host), C(region), C(zone), C(zone_index), C(node_id), C(instance_id), C(instance_type),
    C(account_id), C(monitoring_roles) and C(monitoring_names) (all DNS names of the host)."
  - C(inventory_hostname) is C(<role>-<node id>.<region>.<domain>), or C(node-<node id>.<region>.<domain>) for a
    host of several roles; a role's underscore becomes a hyphen. It stays when a machine is replaced; addresses change.
  - Tag text is data. It is never evaluated as a template.
notes:
  - The file's name must end in C(.yml) or C(.yaml).
  - Ansible itself only warns when an inventory source fails and goes on without its hosts. Set
    C(any_unparsed_is_failed = true) in section C([inventory]) of C(ansible.cfg).
  - "The identity needs these permissions and no others:
    C(ec2:DescribeInstances) and C(ec2:DescribeSubnets) on resource C(*) (AWS offers no finer one), best with the
    condition C(aws:RequestedRegion); and C(sts:AssumeRole) on each O(accounts[].role_arn). EXAMPLES has the whole
    policy."
requirements:
  - boto3 >= 1.35 on the controller
options:
  plugin:
    description: Names this plugin.
    type: str
    required: true
    choices: [selfhosted.monitoring.ec2_topology, ec2_topology]
  deployment:
    description: Value of the tag C(monitoring:deployment).
    type: str
    required: true
  environment:
    description: Value of the tag C(monitoring:environment), which is the Terraform workspace.
    type: str
    required: true
  domain:
    description: The private DNS zone that the hosts' names end in.
    type: str
    required: true
  regions:
    description: The regions of the deployment. Each must have hosts.
    type: list
    elements: str
    required: true
  accounts:
    description:
      - The accounts that hold the instances, each reached by a role.
      - Empty means the account of the identity itself.
    type: list
    elements: dict
    default: []
    suboptions:
      role_arn:
        description: The role to assume. Instances must belong to its account.
        type: str
        required: true
      external_id:
        description: The external id that the role's trust policy asks for.
        type: str
      regions:
        description: The regions to read in this account. By default all of O(regions).
        type: list
        elements: str
  account_ids:
    description: Accounts that instances may belong to. By default those of O(accounts), or any that answers.
    type: list
    elements: str
    default: []
  vpc_ids:
    description: VPCs that instances may be in. By default those that have subnets with the deployment's tags.
    type: list
    elements: str
    default: []
  instance_profile_path:
    description:
      - IAM path that the instance profile must lie under; C({deployment}) and C({environment}) are filled in.
      - Empty switches the check off.
    type: str
    default: /monitoring/{deployment}/{environment}/
  roles:
    description: More roles that tags may name, beside the collection's own.
    type: list
    elements: str
    default: []
  address:
    description: Which address C(ansible_host) is.
    type: str
    choices: [private_ip, public_ip]
    default: private_ip
  tag_variables:
    description: Further tags to hand on, host variable to tag key. Their values stay text, templates in them too.
    type: dict
    default: {}
  profile:
    description: Profile of the AWS configuration. By default the usual AWS chain finds an identity.
    type: str
    env:
      - name: AWS_PROFILE
  endpoint_url:
    description:
      - URL of the API, or a mapping of region to URL. For a VPC endpoint, or a stand-in for AWS.
      - By default what the AWS configuration says (C(AWS_ENDPOINT_URL), C(endpoint_url)), else AWS itself.
    type: raw
  deadline:
    description: Seconds for all regions together. A region that has not answered by then has failed.
    type: float
    default: 30
  on_region_error:
    description:
      - What a region means that refuses, throttles or does not answer. The others are always read first.
      - V(fail) fails the inventory and names every such region with its error.
      - V(warn) goes on without its hosts. Peer lists then lack that region; use it to look, not to configure.
      - V(stale) takes the region's last good answer, however old, with a warning; fails where there is none.
    type: str
    choices: [fail, warn, stale]
    default: fail
  validate:
    description:
      - What is done with refused instances and with violations of the requirements below. All are listed at once.
      - V(strict) fails; V(warn) warns; V(off) does not look at the requirements, and warns of refused instances.
    type: str
    choices: [strict, warn, 'off']
    default: strict
  min_regions:
    description: Regions that must have hosts.
    type: int
    default: 3
  zones_per_region:
    description: Availability zones that the hosts of each region must be in.
    type: int
    default: 3
  minimum_hosts:
    description: Least number of hosts of a role in each region.
    type: dict
    default: {zookeeper: 3, kafka: 3, prometheus: 2, thanos_query: 1, alertmanager: 1}
  odd_roles:
    description: Roles whose hosts form an ensemble that must be odd.
    type: list
    elements: str
    default: [zookeeper]
  replication_factor:
    description: A region with Kafka brokers must have at least this many.
    type: int
    default: 3
  spread_roles:
    description: Roles whose hosts must be in as many zones as they can, so that pairs are in two.
    type: list
    elements: str
    default: [zookeeper, kafka, prometheus, alertmanager, openldap, mysql]
  cache:
    description: Answer from the cache while it is younger than O(cache_timeout).
    type: bool
    default: false
    env:
      - name: ANSIBLE_INVENTORY_CACHE
  cache_timeout:
    description: Seconds for which an answer is used.
    type: int
    default: 300
    env:
      - name: ANSIBLE_INVENTORY_CACHE_TIMEOUT
  cache_directory:
    description:
      - Directory of the answers, a file a region and identity, written with O(cache=true) and O(on_region_error=stale).
      - Files are mode 0600; a file that others may read or write is not used.
    type: path
    default: ~/.ansible/cache/ec2_topology
"""

EXAMPLES = r"""
# inventories/production/ec2_topology.yml
plugin: selfhosted.monitoring.ec2_topology
deployment: global
environment: prod
domain: monitoring.example.com
regions: [us-east-1, eu-west-1, ap-southeast-1]

---
# The last good answer of a region that does not answer, and answers of the last ten minutes.
plugin: selfhosted.monitoring.ec2_topology
deployment: global
environment: prod
domain: monitoring.example.com
regions: [us-east-1, eu-west-1, ap-southeast-1]
on_region_error: stale
cache: true
cache_timeout: 600

---
# Two accounts, each with its role; only these VPCs are believed.
plugin: selfhosted.monitoring.ec2_topology
deployment: global
environment: prod
domain: monitoring.example.com
regions: [us-east-1, eu-west-1, ap-southeast-1]
accounts:
  - role_arn: arn:aws:iam::111122223333:role/monitoring-inventory
    external_id: monitoring
  - role_arn: arn:aws:iam::444455556666:role/monitoring-inventory
    regions: [ap-southeast-1]
vpc_ids: [vpc-0a1b2c3d4e5f60718, vpc-1b2c3d4e5f6071829, vpc-2c3d4e5f607182930]

---
# One region, a part of the roles: another team with exporters and a Prometheus pair only.
plugin: selfhosted.monitoring.ec2_topology
deployment: shop
environment: test
domain: monitoring.shop.example.com
regions: [eu-west-1]
min_regions: 1
zones_per_region: 2
minimum_hosts: {prometheus: 2}

# The identity's whole policy (the second statement only with accounts):
#
# {"Version": "2012-10-17",
#  "Statement": [
#   {"Sid": "ReadTopology", "Effect": "Allow",
#    "Action": ["ec2:DescribeInstances", "ec2:DescribeSubnets"], "Resource": "*",
#    "Condition": {"StringEquals": {"aws:RequestedRegion": ["us-east-1", "eu-west-1", "ap-southeast-1"]}}},
#   {"Sid": "ReachAccounts", "Effect": "Allow", "Action": "sts:AssumeRole",
#    "Resource": ["arn:aws:iam::111122223333:role/monitoring-inventory",
#                 "arn:aws:iam::444455556666:role/monitoring-inventory"]}]}
"""

import os
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from ansible import constants
from ansible.errors import AnsibleError, AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin
from ansible_collections.selfhosted.monitoring.plugins.module_utils.aws.cache import Cache, Snapshot
from ansible_collections.selfhosted.monitoring.plugins.module_utils.aws.regions import (
    Account,
    RegionFailure,
    Target,
    read_region,
    read_regions,
)
from ansible_collections.selfhosted.monitoring.plugins.module_utils.topology.groups import (
    group_chain,
    host_variables,
)
from ansible_collections.selfhosted.monitoring.plugins.module_utils.topology.model import (
    KNOWN_ROLES,
    Expectation,
    Node,
    Topology,
    build,
)
from ansible_collections.selfhosted.monitoring.plugins.module_utils.topology.options import check_options
from ansible_collections.selfhosted.monitoring.plugins.module_utils.topology.rules import Requirements, violations

if hasattr(BaseInventoryPlugin, "trusted_by_default"):

    def as_data(value: Any) -> Any:
        """ansible-core 2.19 and later evaluate only text that was marked as trusted; this never is."""
        return value

else:
    from ansible.utils.unsafe_proxy import wrap_var

    as_data = wrap_var


class InventoryModule(BaseInventoryPlugin):  # type: ignore[misc]
    """Options in, hosts and groups out; what lies between is in module_utils."""

    NAME = "selfhosted.monitoring.ec2_topology"

    def verify_file(self, path: str) -> bool:
        return bool(super().verify_file(path)) and path.endswith((".yml", ".yaml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        self._load_options(path)
        targets = self._targets()
        snapshots, failures = self._read(targets, use_cache=cache)
        topology = build(
            (instance for snapshot in snapshots.values() for instance in snapshot.instances),
            (subnet for snapshot in snapshots.values() for subnet in snapshot.subnets),
            self._expectation(),
        )
        self._validate(topology, targets, failures)
        self._populate(topology.nodes)

    def _load_options(self, path: str) -> None:
        """The base class's own reader would start Ansible's cache plugins, which keep one file for all regions."""
        config = self.loader.load_from_file(path, cache="none")
        if not isinstance(config, Mapping) or config.get("plugin") not in (self.NAME, "ec2_topology"):
            raise AnsibleParserError(f"{path} does not say plugin: {self.NAME}")
        self.set_options(direct=config, var_options=self._vars)
        if problems := check_options(config, self.get_options()):
            raise AnsibleParserError(f"{path}:\n" + _listed(problems))

    def _targets(self) -> list[Target]:
        regions = self.get_option("regions")
        accounts = self.get_option("accounts")
        if not accounts:
            return [Target(region, Account()) for region in regions]
        return [
            Target(region, Account(account["role_arn"], account.get("external_id") or ""))
            for account in accounts
            for region in account.get("regions") or regions
        ]

    def _read(self, targets: list[Target], *, use_cache: bool) -> tuple[dict[Target, Snapshot], list[RegionFailure]]:
        caching, stale = self.get_option("cache"), self.get_option("on_region_error") == "stale"
        store = self._cache_store()
        snapshots: dict[Target, Snapshot] = {}
        if caching and use_cache:
            for target in targets:
                if kept := store.read(target.region, target.account.role_arn, self.get_option("cache_timeout")):
                    snapshots[target] = kept
        missing = [target for target in targets if target not in snapshots]
        if not missing:
            return snapshots, []
        fresh, failures = self._ask(missing)
        if caching or stale:
            self._keep(store, fresh)
        return self._settle(snapshots | fresh, failures, store)

    def _ask(self, targets: list[Target]) -> tuple[dict[Target, Snapshot], list[RegionFailure]]:
        from ansible_collections.selfhosted.monitoring.plugins.module_utils.aws.client import (  # noqa: PLC0415
            Clients,  # costs a third of a second, which the cache spares
        )

        deadline = self.get_option("deadline")
        try:
            clients = Clients(self.get_option("profile"), self.get_option("endpoint_url"), deadline)
        except ImportError as error:
            raise AnsibleError(str(error)) from error
        deployment, environment = self.get_option("deployment"), self.get_option("environment")
        return read_regions(targets, lambda target: read_region(clients, target, deployment, environment), deadline)

    def _cache_store(self) -> Cache:
        endpoint = self.get_option("endpoint_url")
        identity = [
            self.get_option("profile") or "",
            *(os.environ.get(name, "") for name in ("AWS_ACCESS_KEY_ID", "AWS_CONFIG_FILE", "AWS_ENDPOINT_URL")),
            repr(sorted(endpoint.items()) if isinstance(endpoint, Mapping) else endpoint),
            self.get_option("deployment"),
            self.get_option("environment"),
        ]
        return Cache(Path(self.get_option("cache_directory")), identity)

    def _keep(self, store: Cache, fresh: Mapping[Target, Snapshot]) -> None:
        try:
            for target, snapshot in fresh.items():
                store.write(target.region, target.account.role_arn, snapshot)
        except OSError as error:  # a full disk must not take the inventory away
            self.display.warning(f"ec2_topology: the cache could not be written: {error}")

    def _settle(
        self, snapshots: dict[Target, Snapshot], failures: list[RegionFailure], store: Cache
    ) -> tuple[dict[Target, Snapshot], list[RegionFailure]]:
        """What a failed region means, by on_region_error."""
        policy = self.get_option("on_region_error")
        left: list[RegionFailure] = []
        for failure in failures:
            kept = store.read(failure.target.region, failure.target.account.role_arn) if policy == "stale" else None
            if kept:
                snapshots[failure.target] = kept
                self.display.warning(f"ec2_topology: {failure}; using its answer of {kept.age / 60:.0f} min ago")
            else:
                left.append(failure)
        if left and policy != "warn":
            texts = [f"{failure}{'; no earlier answer is kept' if policy == 'stale' else ''}" for failure in left]
            self._fail(f"{len(left)} of {len(snapshots) + len(left)} regions could not be read", texts)
        for failure in left:
            self.display.warning(f"ec2_topology: {failure}; going on without its hosts")
        return snapshots, left

    def _expectation(self) -> Expectation:
        names = {name: self.get_option(name) for name in ("deployment", "environment")}
        accounts = self.get_option("account_ids") or [
            Account(account["role_arn"]).id for account in self.get_option("accounts")
        ]
        return Expectation(
            **names,
            domain=self.get_option("domain"),
            roles=KNOWN_ROLES | set(self.get_option("roles")),
            accounts=frozenset(accounts),
            vpcs=frozenset(self.get_option("vpc_ids")),
            profile_path=self.get_option("instance_profile_path").format(**names),
            public_address=self.get_option("address") == "public_ip",
        )

    def _validate(self, topology: Topology, targets: list[Target], failures: list[RegionFailure]) -> None:
        mode = self.get_option("validate")
        found = list(topology.refusals)
        if mode != "off":
            rules = Requirements(
                **{
                    name: self.get_option(name)
                    for name in (
                        "min_regions", "zones_per_region", "minimum_hosts", "odd_roles",
                        "replication_factor", "spread_roles",
                    )
                }
            )  # fmt: skip
            regions = list(dict.fromkeys(target.region for target in targets))
            found += violations(topology.nodes, regions, [failure.target.region for failure in failures], rules)
        if found and mode == "strict":
            self._fail(f"{len(found)} violation(s) of the topology", found)
        for text in found:
            self.display.warning(f"ec2_topology: {text}")

    def _fail(self, summary: str, items: list[str]) -> None:
        if not constants.INVENTORY_ANY_UNPARSED_IS_FAILED:
            items = [*items, "(Ansible goes on without these hosts, unless [inventory] any_unparsed_is_failed = true)"]
        raise AnsibleError(f"{summary}:\n{_listed(items)}")

    def _populate(self, nodes: tuple[Node, ...]) -> None:
        deployment, environment = self.get_option("deployment"), self.get_option("environment")
        tag_variables = self.get_option("tag_variables")
        made: set[str] = set()
        for node in nodes:
            host = self.inventory.hosts.get(node.name) or self.inventory.hosts[self.inventory.add_host(node.name)]
            # Straight into the host: set_variable visits every value, which is most of a large inventory's time.
            host.vars.update(as_data(host_variables(node, tag_variables)))
            for chain in group_chain(node, deployment, environment):
                if chain[-1] not in made:
                    for group in chain:
                        self.inventory.add_group(group)
                    for parent, child in pairwise(chain):
                        self.inventory.add_child(parent, child)
                    made.add(chain[-1])
                self.inventory.groups[chain[-1]].add_host(host)


def _listed(items: list[str]) -> str:
    return "\n".join(f"  - {item}" for item in items)
