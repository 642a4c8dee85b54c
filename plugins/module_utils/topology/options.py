# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Ansible's option types cannot say about an inventory file: all mistakes of it at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")
_ROLE_ARN = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:role/\S+\Z")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_ROLE = re.compile(r"[a-z][a-z0-9_]*\Z")
_ACCOUNT_OPTIONS = {"role_arn", "external_id", "regions"}


def check_options(config: Mapping[str, Any], options: Mapping[str, Any]) -> list[str]:
    """Mistakes in an inventory file: `config` is its text, `options` what Ansible made of it (typed, with defaults)."""
    return [
        *(f"unknown option {key}; known are {', '.join(sorted(options))}" for key in config if key not in options),
        *_names(options),
        *_places(options),
        *_accounts(options),
        *_numbers(options),
    ]


def _names(options: Mapping[str, Any]) -> Iterable[str]:
    for key in ("deployment", "environment"):
        if not _NAME.match(options[key]):
            yield f"{key} {options[key]!r} must be letters, digits, dots, dashes and underscores"
    if not all(_LABEL.match(label) for label in options["domain"].split(".")):
        yield f"domain {options['domain']!r} is not a DNS name in lower case without a final dot"
    for role in options["roles"]:
        if not _ROLE.match(role):
            yield f"roles: {role!r} is not a valid group name (lower case, digits, underscores)"
    for variable in options["tag_variables"]:
        if not _VARIABLE.match(str(variable)) or str(variable).startswith("ansible_"):
            yield f"tag_variables: {variable!r} cannot be filled from a tag"


def _places(options: Mapping[str, Any]) -> Iterable[str]:
    regions = options["regions"]
    if not regions:
        yield "regions is empty"
    for region in regions:
        if not _LABEL.match(region):
            yield f"regions: {region!r} is not a region's name"
    for region in sorted({region for region in regions if regions.count(region) > 1}):
        yield f"regions: {region} is named twice"
    endpoint = options["endpoint_url"]
    if isinstance(endpoint, Mapping):
        for region in regions:
            if region not in endpoint:
                yield f"endpoint_url has no URL for {region}"
    elif not isinstance(endpoint, (str, type(None))):
        yield "endpoint_url is neither a URL nor a mapping of region to URL"


def _accounts(options: Mapping[str, Any]) -> Iterable[str]:
    for number, account in enumerate(options["accounts"], 1):
        for key in sorted(set(account) - _ACCOUNT_OPTIONS):
            yield f"accounts, entry {number}: unknown option {key}"
        if not _ROLE_ARN.match(str(account.get("role_arn", ""))):
            yield f"accounts, entry {number}: role_arn {account.get('role_arn')!r} is not the ARN of a role"
        for region in account.get("regions") or []:
            if region not in options["regions"]:
                yield f"accounts, entry {number}: region {region} is not in regions"
    arns = [account.get("role_arn") for account in options["accounts"]]
    for arn in sorted({str(arn) for arn in arns if arns.count(arn) > 1}):
        yield f"accounts: {arn} is named twice"


def _numbers(options: Mapping[str, Any]) -> Iterable[str]:
    if options["deadline"] <= 0:
        yield "deadline must be more than 0 seconds"
    for role, minimum in options["minimum_hosts"].items():
        if not isinstance(minimum, int) or minimum < 0:
            yield f"minimum_hosts: {role} is {minimum!r}, not a number of hosts"
