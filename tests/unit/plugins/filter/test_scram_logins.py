import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.selfhosted.monitoring.plugins.filter.scram_logins import scram_logins


def test_text_is_the_password_of_the_stronger_mechanism() -> None:
    assert scram_logins({"a": "secret"}) == {
        "a": {
            "username": "a",
            "mechanism": "SCRAM-SHA-512",
            "password": "secret",
            "passwords": {"SCRAM-SHA-512": "secret"},
        }
    }


def test_of_two_passwords_both_hold_and_the_last_one_logs_in() -> None:
    login = scram_logins({"a": {"SCRAM-SHA-512": "old", "SCRAM-SHA-256": "new"}})["a"]
    assert (login["mechanism"], login["password"]) == ("SCRAM-SHA-256", "new")
    assert login["passwords"] == {"SCRAM-SHA-512": "old", "SCRAM-SHA-256": "new"}


@pytest.mark.parametrize("given", [None, "", {}, {"SCRAM-SHA-512": ""}])
def test_user_without_a_password_is_named(given: object) -> None:
    with pytest.raises(AnsibleFilterError, match="no password for user broker; add one to your vault"):
        scram_logins({"broker": given}, ["broker"])


def test_unknown_mechanism_is_named_and_the_password_is_not() -> None:
    with pytest.raises(AnsibleFilterError, match="names PLAIN; Kafka's mechanisms are") as refusal:
        scram_logins({"a": {"PLAIN": "hunter2"}})
    assert "hunter2" not in str(refusal.value)
