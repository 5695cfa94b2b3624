"""``nuanxin eligibility list|facts|check|explain|run|versions|diff``: rules, explained and applied.

``list``, ``facts``, ``check`` and ``explain`` need no database where there is none: then the shipped rules
count. Where there is one, the version in force on the day does.
"""

import argparse
import json
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.commands import rule_versions
from config.commands.rule_versions import all_texts_on, asking_versions, text_on
from config.opening import opened, using_data_folder
from config.places import places
from config.usage import day
from nuanxin.kernel.errors import Malformed

if TYPE_CHECKING:
    from nuanxin.eligibility.rules.binding import BoundRule
    from nuanxin.eligibility.rules.explaining import ClauseSeen, Explanation

FOUND_FAULTS = 1
LARGEST_FACTS = 1_000_000
_MARKS = {"yes": "✓", "no": "✗", "unknown": "？"}


def register(subparsers: Any) -> None:
    """Add the command with its actions."""
    parser = subparsers.add_parser("eligibility", help="服务项目的条件：谁可以、为什么、还差什么")
    actions = parser.add_subparsers(
        title="动作", metavar="list|facts|check|explain|run|versions|diff", required=True
    )
    listing = actions.add_parser("list", help="列出有条件的服务项目")
    facts = actions.add_parser("facts", help="列出条件里可以用的情况")
    checking = actions.add_parser("check", help="检查一份条件，跑一遍里面的例子")
    checking.add_argument("file", metavar="条件文件")
    explaining = actions.add_parser("explain", help="按一份情况，说明可以不可以、为什么、差什么")
    _add_programme(explaining)
    explaining.add_argument(
        "--facts", metavar="情况.json", required=True, help="JSON 文件：名称到值；- 是标准输入"
    )
    running = actions.add_parser("run", help="对全部登记的人比对，按结论和条件数人数")
    _add_programme(running)
    running.add_argument("--keep", action="store_true", help="把每个人的结论和原因存下来")
    for action in (listing, facts, checking, explaining, running):
        action.add_argument("--json", action="store_true", help="输出 JSON")
        action.add_argument("--data", metavar="文件夹", default=argparse.SUPPRESS)
    rule_versions.register(actions)
    listing.set_defaults(run=run_list)
    facts.set_defaults(run=run_facts)
    checking.set_defaults(run=run_check)
    explaining.set_defaults(run=run_explain)
    running.set_defaults(run=run_run)


def _add_programme(action: argparse.ArgumentParser) -> None:
    action.add_argument("--programme", metavar="项目代码", required=True)
    action.add_argument(
        "--as-of", metavar="日期", type=day, default=None, help="按哪天算，默认今天"
    )
    action.add_argument("--region", metavar="行政区划代码", default="", help="按哪里的参数算")


def run_list(options: argparse.Namespace) -> int:
    """Print the rules with their titles and dates."""
    from nuanxin.eligibility.rules.reading import read_rule
    from nuanxin.programmes.facts import CATALOGUE

    where = places(getattr(options, "data", None))
    with asking_versions(where) as asks:
        texts = all_texts_on(date.today(), asks=asks)
    found = [read_rule(text, CATALOGUE) for text in texts]
    if options.json:
        listed = [
            {
                "programme": rule.code,
                "title": rule.title,
                "document": rule.document,
                "jurisdiction": rule.jurisdiction,
                "from": rule.valid_from.isoformat(),
                "to": rule.valid_to.isoformat() if rule.valid_to else None,
            }
            for rule in found
        ]
        print(json.dumps(listed, ensure_ascii=False, indent=2))
        return 0
    for rule in found:
        print(f"{rule.code:24}{rule.title}（{rule.document}）")
    return 0


def run_facts(options: argparse.Namespace) -> int:
    """Print the facts that rules may ask for."""
    from nuanxin.programmes.facts import CATALOGUE

    facts = list(CATALOGUE.facts.values())
    if options.json:
        listed = [
            {
                "fact": fact.name,
                "label": fact.label,
                "type": fact.type.value,
                "unit": fact.unit,
                "sensitivity": fact.sensitivity.value,
                "freshness": fact.freshness.value,
                "definition": fact.definition_zh,
                "choices": {choice.code: choice.label for choice in fact.choices},
            }
            for fact in facts
        ]
        print(json.dumps(listed, ensure_ascii=False, indent=2))
        return 0
    for fact in facts:
        print(f"{fact.name:34}{fact.label}{f'（{fact.unit}）' if fact.unit else ''}")
    return 0


def run_check(options: argparse.Namespace) -> int:
    """Print what is wrong with a rule's text and which of its cases fail; 1 when anything is."""
    from nuanxin.eligibility.rules.cases import failed_cases
    from nuanxin.eligibility.rules.checking import read_checked
    from nuanxin.eligibility.rules.faults import RuleFaulty
    from nuanxin.programmes.facts import CATALOGUE

    text = _text_of(options.file)
    try:
        with using_data_folder(places(getattr(options, "data", None))):
            bound = read_checked(text, CATALOGUE, on=date.today())
    except RuleFaulty as error:
        faults = [
            {"line": f.place.line, "column": f.place.column, "code": f.code, "message": f.message}
            for f in error.faults
        ]
        if options.json:
            print(json.dumps({"faults": faults, "cases": 0, "failed": []}, ensure_ascii=False))
        else:
            print(error.message)
        return FOUND_FAULTS
    cases, failed = failed_cases(bound.rule, CATALOGUE)
    if options.json:
        told = [{"line": f.line, "name": f.name, "message": f.sentence} for f in failed]
        print(json.dumps({"faults": [], "cases": cases, "failed": told}, ensure_ascii=False))
    else:
        for one in failed:
            print(f"第 {one.line} 行的例子“{one.name}”：{one.sentence}")
        print(f"条件写得通。{cases} 个例子，{len(failed)} 个对不上。")
    return FOUND_FAULTS if failed else 0


def run_explain(options: argparse.Namespace) -> int:
    """Print the answer for the facts of the file, with every clause and what would change it."""
    from nuanxin.eligibility.rules.explaining import explain
    from nuanxin.eligibility.rules.given import read_given
    from nuanxin.programmes.facts import CATALOGUE

    where = places(getattr(options, "data", None))
    with asking_versions(where) as asks:
        bound = bound_rule(options, asks=asks)
    known, consents = read_given(_json_of(options.facts), CATALOGUE)
    found = explain(bound, known, consents=consents)
    if options.json:
        plain = found.as_plain()
        plain["in_force"] = bound.rule.is_in_force_on(options.as_of or date.today())
        print(json.dumps(plain, ensure_ascii=False))
        return 0
    _tell(found)
    return 0


def run_run(options: argparse.Namespace) -> int:
    """Print how many people the rule fits, by answer and by condition; with ``--keep`` keep each."""
    where = places(getattr(options, "data", None))
    with opened(where):
        from nuanxin.kernel import clock
        from nuanxin.programmes.actions.ruling import keep_answers
        from nuanxin.programmes.queries.ruling import count_answers

        bound = bound_rule(options, asks=True)
        counts = keep_answers(bound, now=clock.now()) if options.keep else count_answers(bound)
    if options.json:
        print(json.dumps(counts.as_plain(), ensure_ascii=False))
        return 0
    print(f"{bound.rule.title}，按 {bound.day} 算，一共 {counts.people} 人")
    print(f"可以 {counts.yes} 人，不可以 {counts.no} 人，还不能确定 {counts.unknown} 人")
    for clause in counts.clauses:
        print(f"  {clause.text}：{clause.no} 人没满足，{clause.unknown} 人还不知道")
    for odd in counts.oddities:
        print(f"请看看：{odd.label}（{odd.value}）")
    return 0


def bound_rule(options: argparse.Namespace, *, asks: bool) -> "BoundRule":
    """Return the programme's rule on the day asked for; outside its dates on the nearest day in it.

    With ``asks`` the version in force on that day, from the open database.
    """
    from nuanxin.eligibility.rules.checking import read_near
    from nuanxin.programmes.facts import CATALOGUE

    on = options.as_of or date.today()
    return read_near(
        text_on(options.programme, on, asks=asks), CATALOGUE, on=on, adcode=options.region
    )


def _tell(found: "Explanation") -> None:
    rule = found.bound.rule
    print(f"{rule.title}（{rule.document}）")
    print(found.sentence)
    if found.answer.value == "yes":
        print(found.change_sentence)
    _tell_clauses(found.clauses, depth=0)
    for seen in found.missing:
        paper = f"（{seen.fact.document_zh}）" if seen.fact.document_zh else ""
        print(f"要问：{seen.fact.question_zh or seen.fact.label}{paper}")


def _tell_clauses(clauses: "tuple[ClauseSeen, ...]", *, depth: int) -> None:
    for clause in clauses:
        seen = (
            ""
            if clause.parts
            else "，".join(
                f"{fact.fact.label}：{fact.value_zh}{f'（{fact.source_zh}）' if not fact.withheld else ''}"
                for fact in clause.facts
            )
        )
        told = f"  —— {seen}" if seen else ""
        print(f"{'  ' * depth}{_MARKS[clause.answer.value]} {clause.text}{told}")
        _tell_clauses(clause.parts, depth=depth + 1)


def _json_of(name: str) -> Any:
    try:
        return json.loads(_text_of(name))
    except json.JSONDecodeError as error:
        raise Malformed(
            "eligibility.facts_unreadable",
            f"情况文件第 {error.lineno} 行第 {error.colno} 列读不懂。请写成 JSON。",
        ) from None


def _text_of(name: str) -> str:
    try:
        if name == "-":
            return sys.stdin.read(LARGEST_FACTS)
        with Path(name).open(encoding="utf-8") as file:
            return file.read(LARGEST_FACTS)
    except (OSError, UnicodeDecodeError):
        raise Malformed(
            "eligibility.file_unreadable", f"打不开“{name}”，或者它不是 UTF-8 文本。请检查路径。"
        ) from None
