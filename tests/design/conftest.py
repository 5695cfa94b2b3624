"""Pages are drawn with plain static files, and a template that reads an unknown variable fails."""

from collections.abc import Iterator

import pytest
from django.template import engines
from django.test import RequestFactory


class UnknownVariableError(AssertionError):
    """A template read a variable that nobody gave it."""


class Loud(str):
    """Stands where Django would draw nothing for an unknown variable."""

    def __contains__(self, part: object) -> bool:
        return part == "%s"

    def __mod__(self, variable: object) -> str:
        raise UnknownVariableError(str(variable))


@pytest.fixture(autouse=True)
def _plain_pages(settings, tmp_path) -> Iterator[None]:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.ASSET_BUILD_ROOT = tmp_path
    settings.IS_DEMONSTRATION = True
    engine = engines["django"].engine
    before = engine.string_if_invalid
    engine.string_if_invalid = Loud("%s")
    yield
    engine.string_if_invalid = before


@pytest.fixture
def page():
    """Return a function that asks a page function for a path and gives its HTML."""
    from config.presentation import pages

    def ask(path: str, view=pages.gallery, cookies: dict[str, str] | None = None, **named) -> str:
        request = RequestFactory().get(path)
        request.COOKIES.update(cookies or {})
        return view(request, **named).content.decode()

    return ask


@pytest.fixture
def draw():
    """Return a function that draws a piece of template text."""

    def render(text: str, **context) -> str:
        return engines["django"].from_string(text).render(context)

    return render
