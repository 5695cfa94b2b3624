"""Every address of the product, read from the URL resolver; API operations one by one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from nuanxin.access.permissions import Requirement, requirement_of, requirements_by_method

METHODS_OF_PAGES = ("GET", "POST")


@dataclass(frozen=True)
class Route:
    """One address with what it asks for, by method."""

    name: str
    pattern: str
    view: Callable[..., Any]
    converters: tuple[str, ...]
    requirements: dict[str, Requirement | None]

    @property
    def is_for_programs(self) -> bool:
        """Return whether it belongs to the API."""
        return self.pattern.startswith("api/")

    @property
    def is_public(self) -> bool:
        """Return whether every method is open to everybody."""
        return all(r is not None and r.is_public for r in self.requirements.values())


def all_routes() -> list[Route]:
    """Return every address, in the resolver's order."""
    return list(_walk(get_resolver().url_patterns, "", ""))


def _walk(patterns: list[Any], prefix: str, namespace: str) -> Iterator[Route]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, path, inner)
        elif isinstance(pattern, URLPattern):
            yield Route(
                name=f"{namespace}{pattern.name}" if pattern.name else path,
                pattern=path,
                view=pattern.callback,
                converters=tuple(pattern.pattern.converters),
                requirements=_requirements(pattern.callback),
            )


def _requirements(view: Callable[..., Any]) -> dict[str, Requirement | None]:
    by_method = requirements_by_method(view)
    if by_method:
        return dict(by_method)
    return {method: requirement_of(view, method) for method in METHODS_OF_PAGES}
