"""EC2's console output: what the lab's machines wrote to theirs."""

from typing import Any

from moto.core.responses import ActionResult
from moto.core.types import Base64EncodedString
from moto.core.utils import utcnow
from moto.ec2.models import ec2_backends
from moto.ec2.models.instances import Instance
from moto.ec2.responses.general import General

from localcloud.api.patches.replacing import replace

# "Output ... maximum 64 KB": https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html
CONSOLE_BYTES = 64 * 1024


def console_is_the_machines() -> None:
    """moto answers the same sample text for every instance, before it could have booted.

    On AWS the output is absent until the machine wrote something, and is its last 64 KB.
    """

    def get_console_output(self: General) -> ActionResult:
        instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
        answer: dict[str, Any] = {
            "InstanceId": instance.id,
            "Timestamp": getattr(instance, "lab_console_time", utcnow()),
        }
        text = getattr(instance, "lab_console", None)
        if text:
            answer["Output"] = Base64EncodedString.from_raw_string(text)
        return ActionResult(answer)

    replace(General, "get_console_output", get_console_output)


def write_console(account: str, instance_id: str, output: bytes) -> None:
    """Make `output` the console text of an instance; KeyError if no region has that instance."""
    instance = _find(account, instance_id)
    if instance is None:
        raise KeyError(instance_id)
    text = output[-CONSOLE_BYTES:].decode("utf-8", errors="replace")
    instance.lab_console = text  # type: ignore[attr-defined]
    instance.lab_console_time = utcnow()  # type: ignore[attr-defined]


def _find(account: str, instance_id: str) -> Instance | None:
    for backend in list(ec2_backends[account].values()):
        instance = backend.get_instance_by_id(instance_id)
        if instance is not None:
            return instance
    return None


PATCHES = (console_is_the_machines,)
