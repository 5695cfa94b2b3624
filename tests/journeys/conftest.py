"""What the journeys share: a host app that runs."""

from tests.access.provider import host, provider  # noqa: F401
