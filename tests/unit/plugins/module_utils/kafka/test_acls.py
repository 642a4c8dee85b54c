"""Which ACLs come and go, and what is refused."""

from typing import Any

import pytest
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.acls import Acl, declared, plan, unknown


def entry(**options: Any) -> dict[str, Any]:
    return {"resource_type": "topic", "name": "monitor.", "operations": ["READ"], **options}


def acl(principal: str = "User:relay", operation: str = "READ", host: str = "*") -> Acl:
    return Acl(principal, "topic", "monitor.", "literal", operation, "allow", host)


def test_an_entry_is_one_acl_for_each_operation() -> None:
    assert declared({"relay": [entry(operations=["READ", "write"])]}) == {
        "User:relay": {acl(), acl(operation="WRITE")},
    }


def test_the_cluster_needs_no_name() -> None:
    (found,) = declared({"exporter": [{"resource_type": "cluster", "operations": ["DESCRIBE"]}]})["User:exporter"]
    assert found.line() == "allow DESCRIBE on cluster kafka-cluster from *"


def test_prefix_shows_in_the_line() -> None:
    (found,) = declared({"User:relay": [entry(pattern="prefixed", permission="deny", host="10.0.0.1")]})["User:relay"]
    assert found.line() == "deny READ on topic monitor. (prefix) from 10.0.0.1"


def test_acls_of_a_declared_principal_are_whole_and_those_of_others_stay() -> None:
    planned = plan({"User:relay": {acl()}}, {acl(operation="WRITE"), acl("User:other")}, purge=False)
    assert planned.create == (acl(),)
    assert planned.delete == (acl(operation="WRITE"),)
    assert planned.difference.as_diff()[0]["before"] == "allow WRITE on topic monitor. from *\n"


def test_purge_leaves_no_other_principal() -> None:
    planned = plan({"User:relay": {acl()}}, {acl(), acl("User:other")}, purge=True)
    assert planned.delete == (acl("User:other"),)
    assert planned.difference.summary() == "ACLs of User:other removed"


def test_same_acls_in_another_order_do_not_differ() -> None:
    wanted = declared({"relay": [entry(operations=["WRITE", "READ"]), entry()]})
    assert not plan(wanted, {acl(), acl(operation="WRITE")}, purge=True).difference.changed


def test_principal_without_a_user_is_named_but_everybody_is_fine() -> None:
    assert unknown(["User:relay", "User:*"], {"relay"}) == []
    (found,) = unknown(["User:typo"], {"relay"})
    assert found.startswith("User:typo has no user in the cluster")


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("text", "is not a mapping"),
        (entry(resource_type="queue"), "resource_type is queue, choose of topic, group, cluster, transactional_id"),
        (entry(name=""), "has no name of a topic"),
        (entry(resource_type="cluster"), "the one resource of type cluster is named kafka-cluster, not monitor."),
        (entry(pattern="match"), "pattern is match, choose of literal and prefixed"),
        (entry(permission="maybe"), "permission is maybe, choose of allow and deny"),
        (entry(operations="READ"), "has no list of operations"),
        (entry(resource_type="group", operations=["WRITE"]), "WRITE means nothing on a group"),
        (entry(operation=["READ"]), "operation is no key of an ACL"),
    ],
)
def test_what_means_nothing_is_refused(bad: Any, reason: str) -> None:
    with pytest.raises(Failure) as refusal:
        declared({"relay": [entry(), bad]})
    assert str(refusal.value).startswith(f"User:relay, ACL 2: {reason}")


def test_one_principal_in_two_spellings_is_refused() -> None:
    with pytest.raises(Failure, match="User:relay is declared twice"):
        declared({"relay": [entry()], "User:relay": []})
