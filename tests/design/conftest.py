"""Pages as a site of a demonstration draws them."""

import pytest
from django.template import engines
from django.test import RequestFactory


@pytest.fixture(autouse=True)
def _demonstration(settings, tmp_path) -> None:
    settings.ASSET_BUILD_ROOT = tmp_path
    settings.IS_DEMONSTRATION = True


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
