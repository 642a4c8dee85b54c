"""The lab deployment's passwords, made once: what an operator keeps in a vault file."""

import secrets

import yaml

from localcloud import paths

FILE = paths.STATE / "secrets.yml"
KAFKA = paths.CHECKOUT / "roles" / "kafka" / "vars" / "main.yml"


def ensure() -> None:
    """Give every user of the system that has none yet a password; `inventories/lab` reads the same file."""
    known = yaml.safe_load(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    users = [user["name"] for user in yaml.safe_load(KAFKA.read_text(encoding="utf-8"))["kafka_users_of_the_system"]]
    passwords = {user: secrets.token_urlsafe(24) for user in users} | known.get("kafka_passwords", {})
    if passwords != known.get("kafka_passwords"):
        paths.write_private(FILE, yaml.safe_dump({**known, "kafka_passwords": passwords}))
