"""Components: partials in ``templates/components/`` that declare their inputs at their top.

A partial begins with a comment whose lines ``- name: what it is`` are its inputs; ``(required)``
after the name makes one a must. The declaration is what the tag checks and what the gallery
prints, so that it cannot go stale: an input that is not declared, or one that is missing, stops
the page in development and in tests.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.template import Context, Template, TemplateSyntaxError
from django.template.loader import get_template
from django.utils.safestring import SafeString

_HEAD = re.compile(r"\A\{% comment %\}\n(?P<text>.*?)\{% endcomment %\}", re.DOTALL)
_INPUT = re.compile(r"^- (?P<name>\w+)(?P<required> \(required\))?: (?P<text>.+)$")

# What a component may always use; everything else of the page stays outside.
_PASSED_ON = ("csrf_token", "request")


@dataclass(frozen=True, slots=True)
class Input:
    """One declared input of a component."""

    name: str
    is_required: bool
    text: str


@dataclass(frozen=True, slots=True)
class Component:
    """A partial with its purpose and its declared inputs."""

    name: str
    purpose: str
    inputs: tuple[Input, ...]
    template: Template

    def values_for(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return a value for every declared input; those not given are the empty string.

        Raises ``TemplateSyntaxError`` for an input that is unknown or missing.
        """
        names = {declared.name for declared in self.inputs}
        unknown = sorted(set(given) - names)
        missing = [i.name for i in self.inputs if i.is_required and i.name not in given]
        if unknown or missing:
            raise TemplateSyntaxError(
                f"component {self.name!r}: unknown {unknown}, missing {missing}; it "
                f"has {sorted(names)}"
            )
        return {name: given.get(name, "") for name in names}


def find_component(name: str) -> Component:
    """Return the component ``name`` ("desk/pager"); raises ``TemplateDoesNotExist``."""
    return _read(name) if settings.DEBUG else _read_once(name)


def _read(name: str) -> Component:
    template: Template = get_template(f"components/{name}.html").template  # type: ignore[attr-defined]
    head = _HEAD.match(str(template.source))
    if head is None:
        raise TemplateSyntaxError(f"component {name!r} does not declare its inputs")
    lines = head["text"].strip().splitlines()
    found = [match for line in lines if (match := _INPUT.match(line))]
    inputs = tuple(Input(m["name"], bool(m["required"]), m["text"]) for m in found)
    purpose = " ".join(line for line in lines if not _INPUT.match(line))
    return Component(name, purpose, inputs, template)


_read_once = lru_cache(maxsize=None)(_read)


def render_component(
    name: str, given: Mapping[str, Any], *, page: Context, content: str = ""
) -> SafeString:
    """Return the markup of component ``name``; ``content`` is what stands between its tags."""
    component = find_component(name)
    values = component.values_for(given)
    for passed in _PASSED_ON:
        values[passed] = page.get(passed, "")
    values["content"] = content
    return component.template.render(page.new(values))
