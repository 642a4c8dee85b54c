"""One API process: moto with our patches, its first contents, and the HTTP server in front."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moto import settings
from moto.core.authorization import ActionAuthenticatorMixin
from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, make_server

from localcloud.api import identities, patches, storage
from localcloud.api.application import Application
from localcloud.api.identities import AccessKey
from localcloud.api.images import register_image

ACCOUNT = "123456789012"


@dataclass(frozen=True)
class Contents:
    """What an account holds before anyone uses it."""

    regions: tuple[str, ...]
    state_bucket: str
    lock_table: str
    mirror_bucket: str
    credentials: Path | None = None
    endpoint_url: str = ""


class _Handler(MotoRequestHandler):
    """Logs nothing for an answered request: the lab asks every second."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def fill(contents: Contents) -> dict[str, AccessKey]:
    """Patch moto, create `contents` in it, and enforce IAM if credentials are to be written.

    Returns the users' access keys by profile name (empty without credentials).
    """
    patches.apply()
    home = contents.regions[0]
    for region in contents.regions:
        register_image(ACCOUNT, region)
    storage.create_bucket(ACCOUNT, contents.state_bucket, home)
    storage.create_bucket(ACCOUNT, contents.mirror_bucket, home)
    storage.create_lock_table(ACCOUNT, contents.lock_table, home)
    if contents.credentials is None:
        return {}
    keys = identities.create_users(ACCOUNT, identities.policies(contents.mirror_bucket, contents.regions))
    identities.write_profiles(contents.credentials, keys, contents.endpoint_url, home)
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
    ActionAuthenticatorMixin.request_count = 0
    return keys


def listen(host: str, port: int, contents: Contents) -> tuple[BaseWSGIServer, Application]:
    """Return a server that is bound but not yet serving, and its application (not yet ready)."""
    application = Application(ACCOUNT, contents.regions, signed_only=contents.credentials is not None)
    server: Any = make_server(host, port, application, threaded=True, request_handler=_Handler)
    server.daemon_threads = True
    return server, application
