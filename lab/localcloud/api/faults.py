"""Faults of a region's API: what the gateway does to its requests until it is healed."""

import asyncio
from dataclasses import dataclass, field

from localcloud.api.errors import error_body

KINDS = ("fail", "throttle", "hang", "delay")

# The code and status that each service answers a caller who asks too often, and when it fails itself.
_THROTTLED = {
    "ec2": (503, "RequestLimitExceeded", "Request limit exceeded."),
    "s3": (503, "SlowDown", "Please reduce your request rate."),
    "dynamodb": (400, "ThrottlingException", "Rate exceeded"),
    "kms": (400, "ThrottlingException", "Rate exceeded"),
}
_THROTTLED_ELSEWHERE = (400, "Throttling", "Rate exceeded")
_FAILED = {
    "ec2": "InternalError",
    "s3": "InternalError",
    "dynamodb": "InternalServerError",
    "kms": "KMSInternalException",
}


class BadFaultError(ValueError):
    """A fault that was asked for and does not exist."""


@dataclass(frozen=True)
class Fault:
    """What happens to a region's requests; `milliseconds` counts for a delay only."""

    kind: str
    milliseconds: int = 0


@dataclass(frozen=True)
class Refusal:
    """An answer that the gateway gives in the service's place."""

    status: int
    body: str


@dataclass
class Faults:
    """The faults that hold now, by region, and who waits for their end."""

    by_region: dict[str, Fault] = field(default_factory=dict)
    _healed: dict[str, asyncio.Event] = field(default_factory=dict)

    def set(self, region: str, kind: str, milliseconds: int = 0) -> Fault:
        """Make `region` faulty, in place of a fault it may have; BadFaultError for an unknown kind."""
        if kind not in KINDS:
            raise BadFaultError(f"no fault {kind!r}; use one of: {', '.join(KINDS)}")
        if kind == "delay" and not 0 < milliseconds <= 600_000:
            raise BadFaultError("a delay needs milliseconds between 1 and 600000")
        self.heal(region)
        self.by_region[region] = Fault(kind, milliseconds)
        self._healed[region] = asyncio.Event()
        return self.by_region[region]

    def heal(self, region: str) -> None:
        """End the fault of `region`, if it has one, and let its hanging requests go on."""
        self.by_region.pop(region, None)
        event = self._healed.pop(region, None)
        if event is not None:
            event.set()

    async def suffer(self, region: str, service: str) -> Refusal | None:
        """Let a request of `region` suffer its fault; None if it may then go on to the API."""
        fault = self.by_region.get(region)
        if fault is None:
            return None
        if fault.kind == "delay":
            await asyncio.sleep(fault.milliseconds / 1000)
            return None
        if fault.kind == "hang":
            await self._healed[region].wait()
            return None
        return refusal(fault.kind, service)


def refusal(kind: str, service: str) -> Refusal:
    """Return what `service` answers when it fails ("fail") or throttles ("throttle")."""
    if kind == "throttle":
        status, code, message = _THROTTLED.get(service, _THROTTLED_ELSEWHERE)
        return Refusal(status, error_body(service, code, message))
    code = _FAILED.get(service, "InternalFailure")
    return Refusal(500, error_body(service, code, "An internal error has occurred"))
