"""cloud-init's block on the console, and lines of known_hosts."""

import base64

from ansible_collections.selfhosted.monitoring.plugins.module_utils.aws.host_keys import (
    HostKey,
    Machine,
    host_keys,
    known_keys,
    render,
)

BEGIN, END = "-----BEGIN SSH HOST KEY KEYS-----", "-----END SSH HOST KEY KEYS-----"
TEXT = base64.b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + b"x" * 32).decode()
KEY = HostKey("ssh-ed25519", TEXT)
ONE = Machine("i-1", "r1", ("one.test", "10.0.0.1"))
TWO = Machine("i-2", "r1", ("two.test", "10.0.0.1"))


def test_prefixes_and_carriage_returns_of_a_console_do_not_matter() -> None:
    assert host_keys(f"boot\n<14>cloud-init: {BEGIN}\r\n<14>cloud-init: ssh-ed25519 {TEXT} root@h\r\n{END}\r\n") == (
        KEY,
    )


def test_block_without_beginning_or_end_does_not_count() -> None:
    assert host_keys(f"ssh-ed25519 {TEXT}\n{END}\n") == ()
    assert host_keys(f"{BEGIN}\nssh-ed25519 {TEXT}\n") == ()


def test_key_whose_blob_is_of_another_type_does_not_count() -> None:
    assert host_keys(f"{BEGIN}\nssh-rsa {TEXT} root\n{END}\n") == ()


def test_last_block_counts() -> None:
    other = TEXT.replace("eHh4", "eXl5", 1)
    assert host_keys(f"{BEGIN}\nssh-ed25519 {other}\n{END}\n{BEGIN}\nssh-ed25519 {TEXT}\n{END}\n") == (KEY,)


def test_rendered_lines_are_read_back() -> None:
    text = render("", [ONE], {ONE.mark: [KEY]}, purge=False)
    assert known_keys(text) == {ONE.mark: (KEY,)}
    assert render(text, [ONE], known_keys(text), purge=False) == text


def test_new_name_of_a_known_machine_needs_no_console() -> None:
    text = render("", [ONE], {ONE.mark: [KEY]}, purge=False)
    renamed = Machine("i-1", "r1", ("new.test",))
    assert render(text, [renamed], known_keys(text), purge=False) == f"new.test ssh-ed25519 {TEXT} ec2:r1/i-1\n"


def test_reused_address_is_taken_from_the_old_machine_only() -> None:
    text = render("# mine\nx ssh-rsa A\n", [ONE], {ONE.mark: [KEY]}, purge=False)
    after = render(text, [TWO], {TWO.mark: [KEY]}, purge=False)
    assert f"one.test ssh-ed25519 {TEXT} ec2:r1/i-1" in after
    assert f"two.test,10.0.0.1 ssh-ed25519 {TEXT} ec2:r1/i-2" in after
    assert after.startswith("# mine\nx ssh-rsa A\n")


def test_purge_removes_marked_lines_of_others_only() -> None:
    text = render("x ssh-rsa A\n", [ONE], {ONE.mark: [KEY]}, purge=False)
    assert render(text, [], {}, purge=True) == "x ssh-rsa A\n"
