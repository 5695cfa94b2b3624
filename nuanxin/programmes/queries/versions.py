"""Versions of a kind of text at the desk: those of a code, one by its number, what is in work and to come."""

from collections.abc import Iterable
from datetime import date
from typing import TypeVar

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import NotFound
from nuanxin.orgs.queries.rows import UnionRow
from nuanxin.orgs.queries.unions import get_union
from nuanxin.programmes.models.versions import TextVersion
from nuanxin.programmes.states import VersionState

MOST_VERSIONS = 100
MOST_OPEN = 1_000
SHIPPED = 0
V = TypeVar("V", bound=TextVersion)
_OPEN = [int(VersionState.DRAFT), int(VersionState.SUBMITTED), int(VersionState.RELEASED)]


def open_versions(kind: type[V], codes: Iterable[str]) -> dict[str, list[V]]:
    """Return what is in work or released of each code, by number; ``codes`` may have none.

    Codes come in the order given, then those that only the desk has, by code.
    """
    by_code: dict[str, list[V]] = {code: [] for code in codes}
    found = kind._default_manager.filter(state__in=_OPEN).order_by("code", "number")
    for version in found[:MOST_OPEN]:
        by_code.setdefault(version.code, []).append(version)
    return by_code


def in_work(versions: Iterable[V]) -> V | None:
    """Return the version that somebody still writes or reviews: there is one a code at most."""
    return next((one for one in versions if VersionState(one.state).is_in_work), None)


def to_come(versions: Iterable[V], on: date) -> V | None:
    """Return the first that is released for a day after ``on``."""
    released = (one for one in versions if one.state == VersionState.RELEASED)
    return next((one for one in released if one.valid_from and one.valid_from > on), None)


def versions_of(kind: type[V], code: str) -> list[V]:
    """Return the versions of a code, the latest first, without those given up."""
    found = kind._default_manager.filter(code=code).exclude(state=VersionState.DISCARDED)
    return list(found.order_by("-number")[:MOST_VERSIONS])


def version_by_id(
    kind: type[V], version_id: int, *, actor: Actor, right: str
) -> tuple[V, UnionRow]:
    """Return a version with the union whose text it is; raise ``NotFound`` out of scope."""
    version = kind._default_manager.filter(id=version_id).first()
    if version is None:
        raise NotFound()
    union = get_union(version.union_id)
    policy.check(actor, right, path=union.path)
    return version, union
