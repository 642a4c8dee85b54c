"""The one way a part of moto is replaced, so that every patch reads the same."""

from collections.abc import Callable
from typing import Any

Patch = Callable[[], None]
_installed: set[tuple[type, str]] = set()


def original(owner: type, name: str) -> Any:
    """What `owner.name` is in moto, before we replace it."""
    if (owner, name) in _installed:
        raise RuntimeError(f"{owner.__name__}.{name} is already replaced: apply each patch once")
    return getattr(owner, name)


def replace(owner: type, name: str, substitute: Any) -> None:
    """Put `substitute` (a function or a property) in the place of `owner.name`."""
    _installed.add((owner, name))
    setattr(owner, name, substitute)
