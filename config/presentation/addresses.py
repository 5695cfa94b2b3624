"""Addresses by name, looked up once: every page asks for the same forty, some of them not built yet."""

from functools import cache

from django.conf import settings
from django.urls import NoReverseMatch, Resolver404, get_urlconf, resolve, reverse


def address_of(name: str) -> str:
    """Return the address called ``name``, which has no variable part; empty while there is none."""
    return _address(get_urlconf() or settings.ROOT_URLCONF, name)


def is_answered(path: str) -> bool:
    """Return whether something answers at a path."""
    return _is_answered(get_urlconf() or settings.ROOT_URLCONF, path)


@cache
def _address(urlconf: str, name: str) -> str:
    try:
        return reverse(name, urlconf=urlconf)
    except NoReverseMatch:
        return ""


@cache
def _is_answered(urlconf: str, path: str) -> bool:
    try:
        resolve(path, urlconf=urlconf)
    except Resolver404:
        return False
    return True
