"""From a Django form field to the inputs of a component: the label, the value kept, the error."""

from typing import Any

from django import forms
from django.forms.boundfield import BoundField

# attributes of a widget that a field component prints by itself
_OWN = frozenset({"id", "class", "aria-describedby", "aria-invalid", "required"})


LINES = 4


def component_for(bound: BoundField) -> str:
    """Return the name (without look) of the component that draws this field."""
    widget = bound.field.widget
    if isinstance(widget, forms.CheckboxSelectMultiple | forms.RadioSelect):
        return "choices"
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    if isinstance(widget, forms.Select):
        return "select"
    if isinstance(widget, forms.Textarea):
        return "textarea"
    return "field"


def inputs_for(bound: BoundField) -> dict[str, Any]:
    """Return the inputs of the component named by ``component_for``.

    A password and a file are never written back into the page; everything else keeps its value.
    """
    widget = bound.field.widget
    component = component_for(bound)
    inputs: dict[str, Any] = {
        "id": bound.auto_id or bound.html_name,
        "name": bound.html_name,
        "label": bound.label or "",
        "hint": bound.help_text,
        "error": " ".join(str(error) for error in bound.errors),
        "required": bound.field.required,
        "attrs": {k: v for k, v in _attributes(bound).items() if k not in _OWN},
    }
    if component in ("select", "choices"):
        inputs["choices"] = choices_of(bound)
    if component == "select":
        inputs["multiple"] = getattr(widget, "allow_multiple_selected", False)
    if component == "choices":
        inputs["kind"] = getattr(widget, "input_type", "checkbox")
        inputs["legend"] = inputs.pop("label")
        del inputs["attrs"]
    if component == "check":
        inputs["checked"] = bool(bound.value())
        inputs["value"] = widget.attrs.get("value", "on")
        inputs["attrs"].pop("value", None)
    if component == "textarea":
        inputs["value"] = _kept(bound)
        inputs["attrs"].pop("cols", None)
        inputs["attrs"]["rows"] = min(int(inputs["attrs"].get("rows", LINES)), LINES)
    if component == "field":
        inputs["type"] = getattr(widget, "input_type", "text")
        inputs["value"] = _kept(bound)
    return inputs


def choices_of(bound: BoundField) -> list[dict[str, Any]]:
    """Return the choices as ``{"value", "label", "is_chosen"}``; groups are flattened."""
    value = bound.value()
    chosen = {str(v) for v in value} if isinstance(value, list | tuple) else {_text(value)}
    flat: list[dict[str, Any]] = []
    for key, label in bound.field.widget.choices:
        pairs = label if isinstance(label, list | tuple) else [(key, label)]
        flat.extend(
            {"value": _text(k), "label": text, "is_chosen": _text(k) in chosen} for k, text in pairs
        )
    return flat


def _attributes(bound: BoundField) -> dict[str, Any]:
    widget = bound.field.widget
    return {**widget.attrs, **bound.field.widget_attrs(widget)}


def _kept(bound: BoundField) -> str:
    widget = bound.field.widget
    if isinstance(widget, forms.FileInput):
        return ""
    if isinstance(widget, forms.PasswordInput) and not widget.render_value:
        return ""
    return _text(widget.format_value(bound.value()))


def _text(value: Any) -> str:
    return "" if value is None else str(value)
