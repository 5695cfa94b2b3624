"""How rules, their versions and their trials are told at the desk."""

import re
from datetime import date
from typing import Any

from django.urls import reverse

from nuanxin.eligibility.rules.binding import BoundRule
from nuanxin.eligibility.rules.editing import Slot
from nuanxin.eligibility.rules.tree import Rule
from nuanxin.eligibility.rules.wording import say_rule
from nuanxin.eligibility.states import Oddity, Operator
from nuanxin.kernel.fact import Fact, FactType, Sensitivity
from nuanxin.kernel.occupations import by_key
from nuanxin.orgs.queries.places import region_name
from nuanxin.programmes.models import RulePreview, RuleVersion
from nuanxin.programmes.pages import version_words
from nuanxin.programmes.pages.version_words import being_changed, moment
from nuanxin.programmes.queries.previewing import Example
from nuanxin.programmes.queries.rule_texts import Looked, rule_of_draft
from nuanxin.programmes.queries.rule_versions import RuleLine, RuleText
from nuanxin.programmes.rules.sampling import estimate, in_words
from nuanxin.programmes.rules.small_cells import told
from nuanxin.programmes.states import VersionState

ANSWERS = {"yes": "可以", "no": "不可以", "unknown": "还不知道"}
MOST_CELLS = 300
_KEYS = re.compile(r"@([a-z_]+\.[a-z0-9_.]+)")


def crumbs(*more: tuple[str, str]) -> list[dict[str, str]]:
    """Return the way here: labels with their addresses, the last without."""
    rows = [{"label": "服务的条件", "url": reverse("desk-rules")}]
    rows += [{"label": label, "url": url} for label, url in more[:-1]]
    return [*rows, {"label": more[-1][0]}]


def rule_row(line: RuleLine, rule: Rule | None) -> dict[str, Any]:
    """Return a line of the list of rules; ``rule`` is None for one that counts from no day yet."""
    version = line.in_force
    shown = rule or _coming_rule(line)
    since = version.valid_from if version and version.valid_from else shown and shown.valid_from
    return {
        "id": line.code,
        "name": shown.title if shown else line.code,
        "url": reverse("desk-rule", args=[line.code]),
        "cells": [
            {"text": shown.title, "note": shown.document} if shown else {"text": line.code},
            which(version.number if version else 0, counts=rule is not None),
            {"text": f"{since}" if rule else "—", "css": "nw"},
            version.released_by_name if version else "—",
            being_changed(line.working, line.coming),
        ],
    }


def _coming_rule(line: RuleLine) -> Rule | None:
    """Return what a rule that does not count yet is called: in its next version, or in its draft."""
    version = line.coming or line.working
    return None if version is None else rule_of_draft(version.text)


def which(number: int, *, counts: bool) -> str:
    """Return which text it is: 第 2 版, 随系统带的, 还没开始用."""
    if not counts:
        return "还没开始用"
    return f"第 {number} 版" if number else "随系统带的"


def what_goes_on(version: RuleVersion, now: RuleText | None) -> str:
    """Return what a revoked version leaves behind."""
    begins = f"它原定 {version.valid_from} 起用。"
    if now is None:
        return f"{begins}撤回以后，这条条件还是没有开始用。"
    return f"{begins}撤回以后，接着用{which(now.number, counts=True)}。"


def version_row(version: RuleVersion, today: date) -> dict[str, Any]:
    """Return a line of a rule's versions; a released one leads to its page."""
    is_shown = version.state == VersionState.RELEASED
    url = reverse("desk-rule-version", args=[version.code, version.number]) if is_shown else ""
    return version_words.version_row(version, today, name={"url": url}, why=_why_revoked(version))


def _why_revoked(version: RuleVersion) -> str:
    if version.state != VersionState.REVOKED:
        return ""
    return f"{version.revoked_by_name} {moment(version.revoked_at)}：{version.reason}"


def said_rows(bound: BoundRule) -> list[dict[str, Any]]:
    """Return the conditions in words, each with what is really compared."""
    return [
        {"depth": said.depth, "text": said.text, "detail": said.detail, "is_group": said.is_group}
        for said in say_rule(bound)
    ]


def slot_rows(looked: Looked, typed: dict[int, list[str]]) -> list[dict[str, Any]]:
    """Return a row a value that can be changed: words before and behind it, and what is in it."""
    resolved = dict(looked.bound.parameters) if looked.bound else {}
    return [
        _slot(slot, typed.get(slot.number, list(slot.written)), resolved) for slot in looked.slots
    ]


def _slot(slot: Slot, values: list[str], resolved: dict[str, str]) -> dict[str, Any]:
    fact = slot.fact
    before, _, behind = slot.operator.label.partition("{}")
    row: dict[str, Any] = {
        "number": slot.number,
        "title": slot.label or fact.label,
        "asks": f"{fact.label}{before}",
        "unit": behind or _unit(slot),
        "line": slot.line,
        "resolved": _resolved(values, resolved),
        "inputs": [{"id": f"v-{slot.number}-{at}", "value": value, "label": f"{slot.label or fact.label}，第 {at + 1} 个值" if len(values) > 1 else slot.label or fact.label} for at, value in enumerate(values)],
    }  # fmt: skip
    options = _options(fact)
    if options and not any(value.startswith("@") for value in values):
        row["choices"] = [
            {"value": code, "label": label, "is_chosen": _is_among(code, label, values)}
            for code, label in options
        ]
        row["is_many"] = slot.operator in (Operator.IN, Operator.NOT_IN)
    return row


def _resolved(values: list[str], resolved: dict[str, str]) -> str:
    """Return what the parameters among the values come to today, "" where there are none."""
    keys = [key.rstrip() for value in values for key in _KEYS.findall(value)]
    known = [str(resolved[key]) for key in keys if key in resolved]
    return "、".join(known)


def _unit(slot: Slot) -> str:
    if slot.fact.type is FactType.DATE:
        return ""
    return "例：3000 元" if slot.fact.type is FactType.FEN else slot.fact.unit


def _options(fact: Fact) -> list[tuple[str, str]]:
    if fact.type is FactType.BOOLEAN:
        return [("true", "是"), ("false", "不是")]
    return [(choice.code, choice.label) for choice in fact.choices]


def _is_among(code: str, label: str, values: list[str]) -> bool:
    same = {"true": {"true", "yes", "是"}, "false": {"false", "no", "否"}}.get(code, {code, label})
    return any(value.lower() in same or value in same for value in values)


def case_facts(looked: Looked) -> list[dict[str, Any]]:
    """Return the facts that a case of this rule can tell, each once."""
    facts = {slot.fact.name: slot.fact for slot in looked.slots}
    return [
        {
            "name": fact.name,
            "label": fact.label,
            "unit": fact.unit,
            "choices": [{"value": "", "label": "不知道"}]
            + [{"value": code, "label": label} for code, label in _options(fact)]
            if _options(fact)
            else [],
        }
        for fact in facts.values()
    ]


def case_rows(looked: Looked) -> list[dict[str, Any]]:
    """Return the cases with whether they come out as written."""
    failed = {one.line: one.sentence for one in looked.failed}
    return [
        {
            "name": name,
            "line": line,
            "wanted": ANSWERS.get(answer, answer),
            "problem": failed.get(line, ""),
        }
        for line, name, answer in looked.cases
    ]


def fact_rows(facts: list[Fact]) -> list[dict[str, str]]:
    """Return the facts that can be put into a text."""
    return [
        {
            "name": fact.name,
            "label": fact.label,
            "unit": fact.unit,
            "careful": fact.sensitivity.label,
            "is_sensitive": "1" if fact.sensitivity is Sensitivity.SENSITIVE else "",
            "insert": f"- fact: {fact.name}\n      ",
        }
        for fact in facts
    ]


def preview_under_way(preview: RulePreview | None, *, least: int) -> dict[str, Any]:
    """Return how far a trial has come, and what a sample says before it is done.

    Told alike to who may see persons and who may not: a sample tells nothing below ``least``.
    """
    result = preview.result if preview else {}
    found = result.get("estimate")
    if found is None:
        return {"share": result.get("share", 0), "estimate": None}
    one_in, sampled = found["one_in"], found["sampled"]
    facts = [
        {
            "label": label,
            "value": in_words(estimate(found[key], sampled=sampled, one_in=one_in), least=least),
        }
        for label, key in (
            ("多出来", "gained"), ("少掉", "lost"), ("现在可以", "before"), ("改完可以", "after"),
        )
    ]  # fmt: skip
    title = f"先看个大概：按号抽了 {sampled:,} 人"
    return {"share": result.get("share", 0), "estimate": {"title": title, "facts": facts}}


def preview_told(
    preview: RulePreview,
    gained: list[Example],
    lost: list[Example],
    *,
    least: int | None,
) -> dict[str, Any]:
    """Return a kept trial for its page; numbers of a few are not told below ``least``, None for who sees persons."""
    result = preview.result
    cells = sorted(result["cells"], key=lambda cell: -(cell[3] + cell[4]))
    changed = [cell for cell in cells if cell[3] or cell[4]]
    return {
        "as_of": preview.as_of,
        "took": f"{(preview.took_ms or 0) / 1000:.1f}",
        "people": told(result["people"], least=least),
        "facts": [
            {"label": label, "value": f"{_persons('现在', told(result['before'][key], least=least))}，{_persons('改完', told(result['after'][key], least=least))}"}
            for key, label in (("yes", "可以"), ("no", "不可以"), ("unknown", "还不知道"))
        ],
        "heading": "，".join(
            _persons(word, told(result[key], least=least))
            for word, key in (("多", "gained"), ("少", "lost"))
        ),
        "cells": [_cell(cell, least=least) for cell in changed[:MOST_CELLS]],
        "counties": _by_county(result["cells"], least=least),
        "clauses": [
            {"cells": [one["text"], *({"text": told(one[key], least=least), "css": "num"} for key in ("no", "unknown"))]}
            for one in result["clauses"]
        ],
        "warnings": [Oddity(code).label for code in result["warnings"]] + [
            f"用到了“{label}”：敏感个人信息，本人单独同意才读，只比对，不存。" for label in result.get("sensitive", [])
        ],
        "examples": [_group("多出来的", gained), _group("少掉的", lost)],
    }  # fmt: skip


def _persons(word: str, number: str) -> str:
    """Return 多 812 人, 多约 810 人, 多不到 10 人."""
    gap = " " if number[0].isdigit() else ""
    return f"{word}{gap}{number} 人"


def _cell(cell: list[int | None], *, least: int | None) -> dict[str, Any]:
    region, trade, fit, gained, lost = cell
    place = region_name(region) if region else "还没入会"
    sums = [{"text": told(n or 0, least=least), "css": "num"} for n in (fit, gained, lost)]
    return {"cells": [place, by_key(trade).label if trade is not None else "—", *sums]}


def _by_county(cells: list[list[int | None]], *, least: int | None) -> list[dict[str, Any]]:
    found: dict[int, list[int]] = {}
    for region, _, *numbers in cells:
        sums = found.setdefault(region or 0, [0, 0, 0])
        for at, number in enumerate(numbers):
            sums[at] += number or 0
    rows = []
    for region, sums in sorted(found.items(), key=lambda one: -(one[1][1] + one[1][2])):
        shown = [{"text": told(n, least=least), "css": "num"} for n in sums]
        rows.append({"cells": [region_name(region) if region else "还没入会", *shown]})
    return rows[:MOST_CELLS]


def _why(one: Example) -> str:
    if not one.because:
        return "以前没有这一条"
    return ("还不知道：" if one.is_unknown else "卡在：") + "、".join(one.because)


def _group(title: str, examples: list[Example]) -> dict[str, Any]:
    return {
        "title": title,
        "rows": [
            {
                "who": "，".join(part for part in (one.name or "某位劳动者", one.place, one.trade) if part),
                "why": _why(one),
            }
            for one in examples
        ],
    }  # fmt: skip
