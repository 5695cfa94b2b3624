"""Facts that somebody hands in (a file, a what-if): typed, or refused with the nearest names."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from nuanxin.eligibility.rules.catalogue import Catalogue
from nuanxin.eligibility.rules.explaining import Known
from nuanxin.eligibility.rules.tree import Value
from nuanxin.eligibility.rules.values import LARGEST
from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.fact import Fact, FactType

MOST_FACTS = 200
LONGEST_TEXT = 200
_DETAILS = {"value", "source", "as_of"}
GIVEN = "本人提供"


def read_given(plain: Any, catalogue: Catalogue) -> tuple[dict[str, Known], frozenset[int]]:
    """Return the facts by name, and the consents that come with them.

    ``plain`` is a mapping of names to values, or to ``{"value", "source", "as_of"}``; it may stand
    under ``facts``, beside ``consents``: a list of the sensitive facts (or numbers of purposes) that
    the person agrees to have read. Raises ``Malformed`` that names the fact.
    """
    if not isinstance(plain, Mapping):
        raise Malformed("eligibility.facts_shape", "情况要写成“名称: 值”的样子（一个 JSON 对象）。")
    listed, agreed = plain, []
    if isinstance(plain.get("facts"), Mapping):
        listed, agreed = plain["facts"], plain.get("consents", [])
    if len(listed) > MOST_FACTS:
        raise Malformed("eligibility.facts_too_many", f"一次最多 {MOST_FACTS} 项情况。")
    known = {name: _known(name, value, catalogue) for name, value in listed.items()}
    return known, _consents(agreed, catalogue)


def schema_of(catalogue: Catalogue) -> dict[str, Any]:
    """Return the JSON schema of what may be handed in: every fact with its type and its choices."""
    properties = {}
    for name, fact in catalogue.facts.items():
        value = _value_schema(fact)
        detailed = {
            "type": "object",
            "properties": {
                "value": {"anyOf": [value, {"type": "null"}]},
                "source": {"type": "string"},
                "as_of": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
            },
            "required": ["value"],
            "additionalProperties": False,
        }
        unit = f"（{fact.unit}）" if fact.unit else ""
        properties[name] = {
            "description": f"{fact.label}{unit}",
            "anyOf": [value, {"type": "null"}, detailed],
        }
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _value_schema(fact: Fact) -> dict[str, Any]:
    if fact.choices:
        return {"enum": [choice.code for choice in fact.choices]}
    if fact.type is FactType.BOOLEAN:
        return {"type": "boolean"}
    if fact.type is FactType.DATE:
        return {"type": "string", "format": "date"}
    if fact.type in (FactType.INTEGER, FactType.FEN):
        return {"type": "integer", "minimum": -LARGEST, "maximum": LARGEST}
    return {"type": "string", "maxLength": LONGEST_TEXT}


def _known(name: str, written: Any, catalogue: Catalogue) -> Known:
    fact = _fact(name, catalogue)
    if not isinstance(written, Mapping):
        return Known(_value(fact, written), GIVEN)
    if "value" not in written or set(written) - _DETAILS:
        raise Malformed("eligibility.facts_shape", f"“{fact.label}”只能写 value、source、as_of。")
    as_of = written.get("as_of")
    day = _day(fact, as_of) if as_of is not None else None
    return Known(_value(fact, written["value"]), str(written.get("source", GIVEN))[:60], day)


def _fact(name: str, catalogue: Catalogue) -> Fact:
    fact = catalogue.get(name)
    if fact is None:
        near = "、".join(f"{one.name}（{one.label}）" for one in catalogue.nearest(name))
        hint = f"是不是想写 {near}？" if near else "可用的情况见 nuanxin eligibility facts。"
        raise Malformed("eligibility.unknown_fact", f"没有“{name}”这项情况。{hint}", fact=name)
    return fact


def _value(fact: Fact, written: Any) -> Value | None:
    """Return the value in the fact's type; None stays None."""
    if written is None:
        return None
    for choice in fact.choices:
        if not isinstance(written, bool) and written in (choice.code, choice.value):
            return choice.value
    fits: bool
    match fact.type:
        case FactType.BOOLEAN:
            fits = isinstance(written, bool)
        case FactType.INTEGER | FactType.FEN:
            is_whole = isinstance(written, int) and not isinstance(written, bool)
            fits = is_whole and abs(written) <= LARGEST
        case FactType.DATE:
            return _day(fact, written)
        case _:
            fits = isinstance(written, str) and len(written) <= LONGEST_TEXT
    if not fits:
        raise Malformed(
            "eligibility.fact_type", f"“{fact.label}”{_WANTS[fact.type]}。", fact=fact.name
        )
    value: Value = written
    return value


def _day(fact: Fact, written: Any) -> date:
    try:
        return date.fromisoformat(written)
    except (TypeError, ValueError):
        said = f"“{fact.label}”的日期要写成 2026-11-27 的样子。"
        raise Malformed("eligibility.fact_type", said, fact=fact.name) from None


_WANTS = {
    FactType.BOOLEAN: "要写 true 或 false",
    FactType.INTEGER: "要写整数",
    FactType.FEN: "要写整数，单位是分",
    FactType.CODE: "要写代码",
    FactType.TEXT: f"要写文字，不超过 {LONGEST_TEXT} 个字",
}


def _consents(agreed: Any, catalogue: Catalogue) -> frozenset[int]:
    if not isinstance(agreed, list):
        raise Malformed("eligibility.facts_shape", "consents 要写成列表。")
    found = set()
    for one in agreed:
        if isinstance(one, int) and not isinstance(one, bool):
            found.add(one)
        elif (purpose := _fact(str(one), catalogue).consent) is not None:
            found.add(purpose)
    return frozenset(found)
