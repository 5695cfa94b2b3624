"""Cases that are kept with a rule: facts and the answer they must have, for officials to read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml

from nuanxin.eligibility.rules.binding import bind
from nuanxin.eligibility.rules.catalogue import Catalogue
from nuanxin.eligibility.rules.explaining import explain
from nuanxin.eligibility.rules.given import read_given
from nuanxin.eligibility.rules.reading import place_of
from nuanxin.eligibility.rules.tree import Rule
from nuanxin.kernel.decision import Answer
from nuanxin.kernel.errors import Refusal

MOST_CASES = 100
_KNOWN = {"name", "facts", "consents", "answer", "because", "on", "adcode"}
_ANSWERS = {True: Answer.YES, False: Answer.NO, "yes": Answer.YES, "no": Answer.NO}


@dataclass(frozen=True, slots=True)
class CaseFailed:
    """A case whose answer is another than the rule gives, in a sentence with its line."""

    line: int
    name: str
    sentence: str


def cases_of(text: str) -> list[tuple[int, str, str]]:
    """Return the line, the name and the wanted answer ("yes", "no", "unknown") of each case."""
    listed = yaml.safe_load(text).get("cases") or []
    found = []
    for line, case in zip(_lines_of(text), listed[:MOST_CASES], strict=False):
        plain = case if isinstance(case, Mapping) else {}
        wanted = plain.get("answer")
        wanted = _ANSWERS.get(wanted, Answer.UNKNOWN) if isinstance(wanted, bool | str) else ""
        found.append((line, str(plain.get("name", "")), str(wanted)))
    return found


def failed_cases(rule: Rule, catalogue: Catalogue) -> tuple[int, list[CaseFailed]]:
    """Return how many cases the rule's text holds, and those that do not come out as written."""
    listed = yaml.safe_load(rule.text).get("cases") or []
    failed = []
    for line, case in zip(_lines_of(rule.text), listed[:MOST_CASES], strict=False):
        said = _fault_of(rule, catalogue, case)
        if said:
            name = str(case.get("name", "")) if isinstance(case, Mapping) else ""
            failed.append(CaseFailed(line, name, said))
    return len(listed), failed


def _lines_of(text: str) -> list[int]:
    """Return the lines on which the cases of a text begin."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == "cases" and isinstance(value, yaml.SequenceNode):
                return [place_of(one).line for one in value.value]
    return []


def _fault_of(rule: Rule, catalogue: Catalogue, case: Any) -> str:
    """Return what is wrong with a case, "" when it comes out as written."""
    if not isinstance(case, Mapping) or not {"name", "facts", "answer"} <= set(case) <= _KNOWN:
        return "例子要有 name、facts、answer，可以有 because、consents、on、adcode。"
    wanted = case["answer"]
    wanted = _ANSWERS.get(wanted, Answer.UNKNOWN) if isinstance(wanted, bool | str) else wanted
    on = case.get("on") or rule.valid_to or rule.checked_on
    try:
        known, consents = read_given(
            {"facts": _plain(case["facts"] or {}), "consents": case.get("consents", [])}, catalogue
        )
        found = explain(
            bind(rule, on=on, adcode=str(case.get("adcode", ""))), known, consents=consents
        )
    except Refusal as refusal:
        return refusal.message
    if found.answer is not wanted:
        return f"写的是“{wanted}”，规则说“{found.answer}”：{found.sentence}"
    because = case.get("because", "")
    decisive = [clause.text for clause in found.clauses if clause.answer is found.answer]
    if because and because not in decisive:
        return f"写的原因是“{because}”，规则的原因是“{'”、“'.join(decisive)}”。"
    return ""


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts as JSON would have them: days as text."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in facts.items()
    }
