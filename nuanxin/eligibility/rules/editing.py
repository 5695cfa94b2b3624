"""Changing a rule's text where its values stand, so that nobody has to write YAML; all else stays.

A place is a clause's value (or list of values), found in the text by its node; what is put there is
quoted where it must be. Pure text to text: whoever calls reads the result again.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from nuanxin.eligibility.rules.catalogue import Catalogue
from nuanxin.eligibility.rules.reading import compose, entries_of
from nuanxin.eligibility.states import Operator
from nuanxin.kernel.fact import Fact

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*|\d+(\.\d+)? ?元")
_OPERATORS = {operator.value for operator in Operator}


@dataclass(frozen=True, slots=True)
class Slot:
    """A clause with its values as they are written; ``line`` is where the clause begins."""

    number: int
    fact: Fact
    operator: Operator
    label: str
    written: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class _Found:
    slot: Slot
    first: int
    last: int
    before: str


def list_slots(text: str, catalogue: Catalogue) -> list[Slot]:
    """Return the values of the rule that can be changed, in the order of the text.

    Clauses that cannot be read are left out. Raises ``RuleFaulty`` for a text that is no YAML.
    """
    return [found.slot for found in _found(text, catalogue)]


def with_values(text: str, catalogue: Catalogue, changed: Mapping[int, Sequence[str]]) -> str:
    """Return the text with other values in these places; empty values leave a place as it is."""
    for found in reversed(_found(text, catalogue)):
        values = [value.strip() for value in changed.get(found.slot.number, ()) if value.strip()]
        if not values or tuple(values) == found.slot.written:
            continue
        many = found.slot.operator.takes_list
        said = f"[{', '.join(_quoted(v) for v in values)}]" if many else _quoted(values[0])
        text = f"{text[: found.first]}{found.before}{said}{text[found.last :]}"
    return text


def with_case(text: str, *, name: str, facts: Mapping[str, str], answer: str) -> str:
    """Return the text with one more case at the end of its cases; raise ``RuleFaulty`` for no YAML."""
    told = ", ".join(f"{fact}: {_quoted(value)}" for fact, value in facts.items())
    listed = entries_of(compose(text)).get("cases")
    lines = [f"- name: {json.dumps(name, ensure_ascii=False)}", f"  facts: {{{told}}}", f"  answer: {answer}"]  # fmt: skip
    if not isinstance(listed, yaml.SequenceNode) or not listed.value or listed.flow_style:
        return f"{text.rstrip()}\ncases:\n" + "".join(f"  {line}\n" for line in lines)
    indent = " " * listed.start_mark.column
    more = "".join(f"{indent}{line}\n" for line in lines)
    at = _end_of(listed)
    line_end = text.find("\n", at)
    return (
        f"{text.rstrip()}\n{more}"
        if line_end < 0
        else f"{text[: line_end + 1]}{more}{text[line_end + 1 :]}"
    )


def _found(text: str, catalogue: Catalogue) -> list[_Found]:
    compose(text)  # the limits and the faults of reading, before the slower tree with its places
    tree = yaml.compose(text, Loader=yaml.SafeLoader)
    who = entries_of(tree).get("who") if tree is not None else None
    found: list[_Found] = []
    for entries in _clauses(who):
        fact = catalogue.get(str(entries["fact"].value))
        asked = [name for name in entries if name in _OPERATORS]
        if fact is None or len(asked) != 1:
            continue
        one = _place(len(found), fact, Operator(asked[0]), entries)
        if one is not None:
            found.append(one)
    return found


def _place(
    number: int, fact: Fact, operator: Operator, entries: Mapping[str, yaml.Node]
) -> _Found | None:
    node = entries[operator.value]
    nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
    if operator.takes_list is not isinstance(node, yaml.SequenceNode) or not nodes:
        return None
    if not all(isinstance(one, yaml.ScalarNode) for one in nodes):
        return None
    slot = Slot(
        number=number,
        fact=fact,
        operator=operator,
        label=str(entries["label"].value) if "label" in entries else "",
        written=tuple(str(one.value) for one in nodes),
        line=entries["fact"].start_mark.line + 1,
    )
    if isinstance(node, yaml.SequenceNode) and not node.flow_style:
        # a line a value: the list is written on the first of these lines, further in than the key
        return _Found(slot, node.start_mark.index, _end_of(node), "  ")
    return _Found(slot, node.start_mark.index, node.end_mark.index, "")


def _clauses(node: yaml.Node | None) -> Iterator[dict[str, yaml.Node]]:
    """Yield the mappings with a fact, in the order of the text."""
    if isinstance(node, yaml.MappingNode):
        entries = {str(key.value): value for key, value in node.value}
        if "fact" in entries:
            yield entries
            return
        for value in entries.values():
            yield from _clauses(value)
    elif isinstance(node, yaml.SequenceNode):
        for part in node.value:
            yield from _clauses(part)


def _end_of(node: Any) -> int:
    """Return where the last thing in a node ends; a block's own mark stands before what follows."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    return int(node.end_mark.index)


def _quoted(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else json.dumps(value, ensure_ascii=False)
