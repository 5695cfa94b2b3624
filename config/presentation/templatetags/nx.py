"""Tags for every page: components, icons, dates, numbers, masks, form fields.

Load with ``{% load nx %}``. Templates of any package may use them: a tag is found by its name,
so no import crosses a layer.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django import template
from django.forms import BaseForm
from django.forms.boundfield import BoundField
from django.forms.utils import flatatt
from django.template import Context
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from config.presentation import bound_fields, formats
from config.presentation.components import render_component
from config.presentation.icons import BRAND_MARK, DRAWINGS, ICONS
from nuanxin.kernel import clock

register = template.Library()


# ---- components -------------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def component(context: Context, component_name: str, **inputs: Any) -> SafeString:
    """Draw ``templates/components/<name>.html``; its inputs are checked against its head."""
    return render_component(component_name, inputs, page=context)


@register.simple_block_tag(takes_context=True)
def wrap(context: Context, content: str, component_name: str, **inputs: Any) -> SafeString:
    """Draw a component round what stands up to ``{% endwrap %}``."""
    return render_component(component_name, inputs, page=context, content=content)


@register.simple_tag(takes_context=True)
def worker_field(context: Context, bound: BoundField, **more: Any) -> SafeString:
    """Draw a form field in the worker's look; ``more`` adds or replaces inputs."""
    return _draw_field(context, "worker", bound, more)


@register.simple_tag(takes_context=True)
def desk_field(context: Context, bound: BoundField, **more: Any) -> SafeString:
    """Draw a form field in the desk's look; ``more`` adds or replaces inputs."""
    return _draw_field(context, "desk", bound, more)


@register.simple_tag(takes_context=True)
def worker_errors(context: Context, form: BaseForm) -> SafeString | str:
    """List a form's errors with links to their fields; draws nothing when there are none."""
    return _draw_errors(context, "worker", form)


@register.simple_tag(takes_context=True)
def desk_errors(context: Context, form: BaseForm) -> SafeString | str:
    """List a form's errors with links to their fields; draws nothing when there are none."""
    return _draw_errors(context, "desk", form)


def _draw_field(context: Context, look: str, bound: BoundField, more: dict[str, Any]) -> SafeString:
    if bound.is_hidden:
        return mark_safe(str(bound))
    inputs = {**bound_fields.inputs_for(bound), **more}
    return render_component(f"{look}/{bound_fields.component_for(bound)}", inputs, page=context)


def _draw_errors(context: Context, look: str, form: BaseForm) -> SafeString | str:
    errors = [{"message": message, "id": ""} for message in form.non_field_errors()]
    for bound in form:
        errors.extend({"message": message, "id": bound.auto_id} for message in bound.errors)
    if not errors:
        return ""
    return render_component(f"{look}/error_summary", {"errors": errors}, page=context)


# ---- marks ------------------------------------------------------------------------------------


@register.simple_tag
def icon(name: str, css: str = "i m") -> SafeString:
    """Draw the icon ``name`` with CSS classes ``css``; it is decoration, the words stand beside."""
    return format_html(
        '<svg class="{}" viewBox="0 0 24 24" aria-hidden="true">{}</svg>',
        css,
        mark_safe(ICONS[name]),
    )


@register.simple_tag
def nx_icon(name: str, css: str = "") -> SafeString:
    """Draw an icon in the worker's size; ``css`` adds classes ("nx-i-s nx-yes")."""
    return icon(name, f"nx-i {css}".strip())


@register.simple_tag
def brand_mark() -> SafeString:
    """Draw the mark of the platform."""
    return mark_safe(BRAND_MARK)


@register.simple_tag
def drawing(name: str) -> SafeString:
    """Draw the picture of an empty or broken page: pages, house, list, plug."""
    return format_html(
        '<svg class="art" viewBox="0 0 168 112" aria-hidden="true">{}</svg>',
        mark_safe(DRAWINGS[name]),
    )


# ---- assets -----------------------------------------------------------------------------------


@register.simple_tag
def stylesheet(bundle: str) -> SafeString:
    """Link the bundle "worker" or "desk"."""
    return format_html('<link rel="stylesheet" href="{}">', static(f"css/{bundle}.css"))


@register.simple_tag
def script(name: str) -> SafeString:
    """Load ``static/js/<name>.js`` after the page; the page works without it."""
    return format_html('<script src="{}" defer></script>', static(f"js/{name}.js"))


@register.simple_tag
def refresh_without_script(seconds: int = 3) -> SafeString:
    """Open the page again after ``seconds`` where no script runs: for work in progress."""
    return format_html(
        '<noscript><meta http-equiv="refresh" content="{}"></noscript>', int(seconds)
    )


@register.simple_tag
def htmx() -> SafeString:
    """Load htmx, in a shape that a strict content security policy allows; only where it is used."""
    settings = '{"includeIndicatorStyles":false,"allowEval":false,"selfRequestsOnly":true}'
    return format_html(
        '<meta name="htmx-config" content="{}"><script src="{}" defer></script>',
        settings,
        static("django_htmx/htmx-2.min.js"),
    )


# ---- dates and numbers ------------------------------------------------------------------------


@register.simple_tag(name="nx_date")
def date_tag(value: date | datetime | None) -> str:
    """Write ``11月23日`` (with the year when it is not this one): for sentences."""
    return formats.day_words(value, today=_today())


@register.simple_tag(name="nx_spoken_date")
def spoken_date_tag(value: date | datetime | None) -> str:
    """Write ``11 月 23 日``: for the worker's pages."""
    return formats.day_words(value, today=_today(), space=" ")


@register.simple_tag(name="nx_day")
def day_tag(value: date | datetime | None) -> str:
    """Write ``2026-11-23``: for tables."""
    return formats.day_iso(value)


@register.simple_tag(name="nx_time")
def time_tag(value: datetime | None) -> str:
    """Write ``09:40`` in Asia/Shanghai."""
    return formats.time_of_day(value)


@register.simple_tag(name="nx_moment")
def moment_tag(value: datetime | None) -> str:
    """Write ``11月23日 09:40`` in Asia/Shanghai."""
    if value is None:
        return formats.NOTHING
    return f"{formats.day_words(value, today=_today())} {formats.time_of_day(value)}"


@register.simple_tag(name="nx_number")
def number_tag(value: Any) -> str:
    """Write ``13,735``; missing is —, a minus is −."""
    return formats.number(value)


@register.simple_tag(name="nx_wan")
def wan_tag(value: Any) -> str:
    """Write ``117.5 万``; below 10,000 as it is."""
    amount, word = formats.in_wan(value)
    return f"{amount} {word}".strip()


@register.simple_tag
def nx_wan_parts(value: Any, unit: str) -> SafeString:
    """Write a big number with its unit smaller: 117.5 and 万人."""
    amount, word = formats.in_wan(value)
    return format_html("{}<small>{}{}</small>", amount, word, unit)


@register.simple_tag(name="nx_due")
def due_tag(due_on: date | datetime | None, today: date | None = None) -> SafeString:
    """Write 还有 25 天 / 今天 / 过期 3 天, with its colour and the day itself for machines."""
    words, kind = formats.due_words(due_on, today=today or _today())
    return format_html(
        '<time class="due {}" datetime="{}">{}</time>', kind, formats.day_iso(due_on), words
    )


for _name, _tag in (
    ("nx_date", date_tag),
    ("nx_spoken_date", spoken_date_tag),
    ("nx_day", day_tag),
    ("nx_time", time_tag),
    ("nx_moment", moment_tag),
    ("nx_number", number_tag),
    ("nx_wan", wan_tag),
    ("nx_mask_phone", formats.mask_phone),
    ("nx_mask_identity", formats.mask_identity),
    ("nx_file_size", formats.file_size),
):
    register.filter(_name, _tag)


@register.filter
def nx_attrs(attributes: dict[str, Any] | str) -> SafeString | str:
    """Write a dict as HTML attributes; the empty string as nothing. ``style`` is refused."""
    if not attributes or isinstance(attributes, str):
        return ""
    if "style" in attributes or any(name.startswith("on") for name in attributes):
        raise template.TemplateSyntaxError("a strict content security policy forbids this")
    return flatatt(attributes)


@register.filter
def nx_get(mapping: dict[str, Any], key: str) -> Any:
    """Return ``mapping[key]``, or the empty string: for optional keys of rows."""
    return mapping.get(key, "")


@register.filter
def nx_cell(cell: Any, key: str) -> Any:
    """Return one part of a table cell; a cell that is no dict is its own text."""
    if isinstance(cell, dict):
        return cell.get(key, "")
    return cell if key == "text" else ""


@register.filter
def nx_sections(rows: Sequence[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return the rows of a rail under the sections that they name, in the order given."""
    sections: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        sections.setdefault(row.get("section", ""), []).append(row)
    return list(sections.items())


@register.filter
def nx_upto(count: int | str) -> range:
    """Return 1 to ``count``: for a component that draws one thing a step."""
    return range(1, int(count) + 1)


@register.filter
def nx_age_bars(seconds_left: int | str) -> list[dict[str, Any]]:
    """Return the twelve bars of a card's code; one is on for each 10 s, begun or whole."""
    left = int(seconds_left or 0)
    return [{"x": round(i * 17.45, 2), "is_on": left > i * 10} for i in range(12)]


def _today() -> date:
    return clock.business_day(clock.now())


# ---- addresses --------------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def sort_link(context: Context, label: str, key: str, css: str = "") -> SafeString:
    """Draw the head cell of a column that can be sorted: ``?sort=key`` and back ``?sort=-key``.

    Reads ``sort`` from the address; a change of order goes back to the first page.
    """
    request = context.get("request")
    asked = dict(request.GET.items()) if request else {}
    current = asked.pop("sort", "")
    for cursor in ("after", "before"):
        asked.pop(cursor, None)
    order, arrow = {key: ("ascending", "↑"), f"-{key}": ("descending", "↓")}.get(current, ("", ""))
    wanted = f"-{key}" if current == key else key
    return format_html(
        '<th scope="col"{}{}><a class="sort" href="?{}">{}{}</a></th>',
        mark_safe(f' aria-sort="{order}"') if order else "",
        format_html(' class="{}"', css) if css else "",
        urlencode({**asked, "sort": wanted}),
        label,
        f" {arrow}" if arrow else "",
    )
