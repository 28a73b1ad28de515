"""What can be wrong with a stated host. Every message says what was read, what was expected and what to do."""

from __future__ import annotations


class HostError(ValueError):
    """A host that cannot be understood: a usage error, exit status 2."""


class HostUnreadable(HostError):
    """A host's file that cannot be read: the check could not be done, exit status 3."""
