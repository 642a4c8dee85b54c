"""The HTTP face of the API: moto's dispatcher behind one lock, and the lab's own /_lab paths."""

import io
import json
import logging
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from localcloud.api.desired import desired
from localcloud.api.errors import content_type, error_body, scope_of
from localcloud.api.patches.authorization import BODY
from localcloud.api.patches.console import write_console

Environ = dict[str, Any]
StartResponse = Callable[..., Any]

log = logging.getLogger("lab.api")

GATEWAY_MARK = "HTTP_X_LAB_GATEWAY"
"""The gateway adds this header to what it forwards; nothing internal answers a request that has it."""

# moto's own control paths and its instance metadata answer without a signature.
CLOSED_PATHS = ("/moto-api", "/latest/", "/favicon.ico")

_ATTEMPT = re.compile(r"attempt=(\d+)")
_ACTION = re.compile(rb"(?:^|&)Action=(\w+)")


@dataclass
class Application:
    """A WSGI application that serves moto and /_lab.

    moto changes its dictionaries without locks, so two of Terraform's ten parallel calls now and
    then fail in each other's iteration. All work is Python under one interpreter lock anyway, so one
    request at a time costs nothing; bodies are read before, so a slow client holds nobody up.
    """

    account: str
    regions: tuple[str, ...]
    signed_only: bool
    ready: Event = field(default_factory=Event)
    lock: Lock = field(default_factory=Lock)
    dispatcher: DomainDispatcherApplication = field(
        default_factory=lambda: DomainDispatcherApplication(create_backend_app)
    )

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        path = environ.get("PATH_INFO", "")
        body = _read(environ)
        if path == "/_lab" or path.startswith("/_lab/"):
            if GATEWAY_MARK in environ:
                return _answer(start_response, "403 Forbidden", "text/plain", "this path is for the lab itself\n")
            return self._lab(environ, path, body, start_response)
        scope = scope_of(environ.get("HTTP_AUTHORIZATION", ""))
        service = scope.service if scope else "s3"
        start_response = _noting_failures(environ, service, body, start_response)
        if path.startswith(CLOSED_PATHS) or (self.signed_only and scope is None):
            text = error_body(service, "MissingAuthenticationToken", "Request is missing Authentication Token")
            return _answer(start_response, "403 Forbidden", content_type(service), text)
        # Only an account's own keys choose the account; moto would let a header choose it.
        environ.pop("HTTP_X_MOTO_ACCOUNT_ID", None)
        try:
            with self.lock:
                answer = self.dispatcher(environ, start_response)
                try:
                    return list(answer)
                finally:
                    answer.close()
        except NotImplementedError as error:
            log.warning("moto does not implement %s %s of %s: %s", environ["REQUEST_METHOD"], path, service, error)
            text = error_body(service, "NotImplemented", f"The lab's API does not implement this call: {error}")
            return _answer(start_response, "501 Not Implemented", content_type(service), text)
        except Exception as error:
            log.exception("%s %s of %s failed", environ["REQUEST_METHOD"], path, service)
            text = error_body(service, "InternalFailure", f"The lab's API failed: {type(error).__name__}: {error}")
            return _answer(start_response, "500 Internal Server Error", content_type(service), text)

    def _lab(self, environ: Environ, path: str, body: bytes, start_response: StartResponse) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        if path == "/_lab/ready" and method == "GET":
            if self.ready.is_set():
                return _answer(start_response, "200 OK", "text/plain", "ready\n")
            return _answer(start_response, "503 Service Unavailable", "text/plain", "starting\n")
        if path == "/_lab/desired" and method == "GET":
            with self.lock:
                answer = desired(self.account, self.regions)
            return _answer(start_response, "200 OK", "application/json", json.dumps(answer))
        if path.startswith("/_lab/console/") and method == "PUT":
            instance = path.removeprefix("/_lab/console/")
            try:
                with self.lock:
                    write_console(self.account, instance, body)
            except KeyError:
                return _answer(start_response, "404 Not Found", "text/plain", f"no instance {instance}\n")
            return _answer(start_response, "204 No Content", "text/plain", "")
        return _answer(start_response, "404 Not Found", "text/plain", f"no {method} {path}\n")


def _noting_failures(environ: Environ, service: str, body: bytes, start_response: StartResponse) -> StartResponse:
    """Log a request that an SDK sends once more, and one that failed here: a repeated creation hides its cause."""
    call = f"{service} {environ['REQUEST_METHOD']} {_action(environ, body)}"
    attempt = _ATTEMPT.search(environ.get("HTTP_AMZ_SDK_REQUEST", ""))
    if attempt and int(attempt[1]) > 1:
        log.warning("%s: attempt %s of %s", call, attempt[1], environ.get("HTTP_AMZ_SDK_INVOCATION_ID"))

    def start(status: str, headers: Any, exc_info: Any = None) -> Any:
        if status.startswith("5"):
            log.warning("%s: answered %s to %s", call, status, environ.get("HTTP_AMZ_SDK_INVOCATION_ID"))
        return start_response(status, headers, exc_info)

    return start


def _action(environ: Environ, body: bytes) -> str:
    """Return what a call is named by: its Action (query services), its target (JSON services) or its path."""
    action = _ACTION.search(body)
    return action[1].decode() if action else environ.get("HTTP_X_AMZ_TARGET") or environ.get("PATH_INFO", "")


def _read(environ: Environ) -> bytes:
    """Take the whole body off the connection and leave it in `environ` to be read again."""
    stream = environ["wsgi.input"]
    length = environ.get("CONTENT_LENGTH")
    if environ.get("wsgi.input_terminated"):
        body: bytes = stream.read()
    else:
        body = stream.read(int(length)) if length else b""
    environ[BODY] = body
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    return body


def _answer(start_response: StartResponse, status: str, kind: str, text: str) -> Iterable[bytes]:
    body = text.encode()
    start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [body]
