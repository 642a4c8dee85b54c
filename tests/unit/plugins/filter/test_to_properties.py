"""Java reads back what was written."""

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.selfhosted.monitoring.plugins.filter.to_properties import to_properties


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"broker.id": 1}, "broker.id=1"),
        ({"auto.create.topics.enable": False}, "auto.create.topics.enable=false"),
        ({"zookeeper": {"connect": ["a:2181", "b:2181"]}}, "zookeeper.connect=a:2181,b:2181"),
        ({"topics": r"monitor\..*"}, r"topics=monitor\\..*"),
        ({"us->eu.enabled": True}, "us->eu.enabled=true"),
        ({"a key:with=signs#!": 1}, r"a\ key\:with\=signs\#\!=1"),
        ({"v": "  two blanks"}, r"v=\  two blanks"),
        ({"v": "tab\tline\nend"}, r"v=tab\tline\nend"),
        ({"v": "é €"}, r"v=\u00e9 \u20ac"),
        ({"v": "😀"}, r"v=\ud83d\ude00"),
        ({"jaas": 'x required user="a" password="b#c!d=e";'}, 'jaas=x required user="a" password="b#c!d=e";'),
        ({"empty": ""}, "empty="),
    ],
)
def test_value_is_written_as_java_reads_it(given: dict, line: str) -> None:
    assert to_properties(given) == f"{line}\n"


def test_order_is_kept_and_null_is_left_out() -> None:
    assert to_properties({"b": 1, "none": None, "a": 2}) == "b=1\na=2\n"


@pytest.mark.parametrize("given", ["text", ["a"], {"a": [{"b": 1}]}, {"a": ["x,y"]}])
def test_what_has_no_properties_form_is_refused(given: object) -> None:
    with pytest.raises(AnsibleFilterError):
        to_properties(given)
