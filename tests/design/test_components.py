"""Components declare what they take, refuse what they do not know, and stand in the gallery."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.http import Http404
from django.template import TemplateSyntaxError

from config.presentation import formats
from config.presentation.components import find_component, render_component
from config.presentation.gallery import COMPONENTS_DIR
from config.presentation.icons import DRAWINGS, ICONS
from config.presentation.templatetags import nx

LOOKS = ("worker", "desk")
NAMES = [
    f"{look}/{p.stem}" for look in LOOKS for p in sorted((COMPONENTS_DIR / look).glob("*.html"))
]


@pytest.mark.parametrize("name", NAMES)
def test_a_component_says_what_it_is_for_and_what_it_takes(name: str) -> None:
    component = find_component(name)
    assert component.purpose.endswith(".")
    assert component.inputs


@pytest.mark.slow
@pytest.mark.parametrize("look", LOOKS)
def test_the_gallery_draws_every_component_of_its_look(page, monkeypatch, look: str) -> None:
    drawn: set[str] = set()

    def note(name: str, *args: Any, **kwargs: Any) -> str:
        drawn.add(name)
        return render_component(name, *args, **kwargs)

    monkeypatch.setattr(nx, "render_component", note)
    page(f"/gallery/?look={look}")
    assert {name for name in NAMES if name.startswith(look)} - drawn == set()


def test_every_mark_that_a_template_names_is_drawn() -> None:
    templates = Path(COMPONENTS_DIR.parent).rglob("*.html")
    text = "".join(path.read_text("utf-8") for path in templates)
    assert set(re.findall(r'{% (?:nx_)?icon "(\w+)"', text)) <= set(ICONS)
    assert set(re.findall(r'{% drawing "(\w+)"', text)) <= set(DRAWINGS)


def test_an_input_that_is_not_declared_is_refused(draw) -> None:
    with pytest.raises(TemplateSyntaxError, match="colour"):
        draw('{% component "desk/state" label="在会" colour="green" %}')


def test_an_input_that_is_required_must_be_given(draw) -> None:
    with pytest.raises(TemplateSyntaxError, match="label"):
        draw('{% component "desk/state" kind="ok" %}')


def test_what_a_person_typed_is_escaped(draw) -> None:
    html = draw('{% component "worker/field" label="姓名" name="n" value=typed %}', typed='"><b>')
    assert "<b>" not in html
    assert "&quot;&gt;&lt;b&gt;" in html


def test_the_content_of_a_wrap_is_escaped_by_its_own_variables(draw) -> None:
    html = draw('{% wrap "worker/note" %}{{ said }}{% endwrap %}', said="<i>")
    assert "&lt;i&gt;" in html


def test_a_field_leads_from_itself_to_its_error_and_its_hint(draw) -> None:
    html = draw(
        '{% component "worker/field" label="手机号" name="p" error="少一位。" hint="11 位。" %}'
    )
    assert 'aria-describedby="p-error p-hint"' in html
    assert (
        html.index("手机号") < html.index("少一位。") < html.index("<input") < html.index("11 位。")
    )


@pytest.mark.parametrize(("left", "bars"), [(120, 12), (84, 9), (80, 8), (1, 1), (0, 0)])
def test_a_card_shows_one_bar_for_each_ten_seconds_begun(draw, left: int, bars: int) -> None:
    html = draw("{% for bar in left|nx_age_bars %}{{ bar.is_on }} {% endfor %}", left=left)
    assert html.count("True") == bars
    assert len(html.split()) == 12


def test_a_sorted_column_says_so_and_its_link_turns_it_round(rf, draw) -> None:
    request = rf.get("/members/?q=陈&sort=joined_on&after=x")
    html = draw('{% sort_link "入会日期" "joined_on" %}', request=request)
    assert 'aria-sort="ascending"' in html
    assert "q=%E9%99%88&amp;sort=-joined_on" in html
    assert "after" not in html


def test_attributes_that_the_policy_forbids_are_refused(draw) -> None:
    for name in ("style", "onclick"):
        with pytest.raises(TemplateSyntaxError):
            draw("{{ attrs|nx_attrs }}", attrs={name: "x"})


def test_the_gallery_is_closed_on_a_real_site(page, settings) -> None:
    settings.IS_DEMONSTRATION = settings.DEBUG = False
    with pytest.raises(Http404):
        page("/gallery/")


def test_missing_numbers_are_a_dash_and_zero_is_zero(draw) -> None:
    html = draw('{% component "desk/big_number" label="驿站" value=none unit="个" %}', none=None)
    assert formats.NOTHING in html
    assert ">0<" in draw('{% component "desk/big_number" label="驿站" value=0 unit="个" %}')


def test_a_template_that_reads_an_unknown_variable_fails(draw) -> None:
    with pytest.raises(pytest.fail.Exception, match="nobody_gave_this"):
        draw("{{ nobody_gave_this }}")
