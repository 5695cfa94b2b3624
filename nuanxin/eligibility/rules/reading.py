"""Reading the text of a rule (YAML): every fault with its line, column and a sentence.

The text is read as a tree of nodes, never as objects; anchors and aliases are refused, so that a
short text cannot stand for a long one. The language: docs/how-to/write-a-rule.md.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import yaml

from nuanxin.eligibility.rules.catalogue import Catalogue
from nuanxin.eligibility.rules.faults import START, Fault, Place, RuleFaulty, faulty
from nuanxin.eligibility.rules.tree import Clause, Group, Node, Rule
from nuanxin.eligibility.rules.values import read_value
from nuanxin.eligibility.states import Join, Operator
from nuanxin.kernel.fact import Fact
from nuanxin.kernel.parameters import jurisdictions_of

LARGEST_TEXT = 65_536
DEEPEST = 8
DEEPEST_TEXT = 40
MOST_CLAUSES = 100
MOST_CONDITIONS = 30
"""At the top: their failing is told by the bits of one number."""
MOST_VALUES = 200
LONGEST_LABEL = 80
_HEAD = ("code", "title", "document", "jurisdiction", "from", "checked_on", "who")
_KNOWN = {*_HEAD, "to", "note", "cases"}
_OPERATORS = [operator.value for operator in Operator]
_GROUP_WORDS = ("all", "any", "not", "at_least")


def read_rule(text: str, catalogue: Catalogue) -> Rule:
    """Return the rule that the text holds; raise ``RuleFaulty`` with all that is wrong in it."""
    head = entries_of(compose(text))
    faults = [
        Fault(
            place_of(node), "eligibility.unknown_field", f"不认识“{name}”。{_meant(name, _KNOWN)}"
        )
        for name, node in head.items()
        if name not in _KNOWN
    ] + [
        Fault(START, "eligibility.field_missing", f"缺少“{name}”。")
        for name in _HEAD
        if name not in head
    ]
    if faults:
        raise RuleFaulty(faults)
    return _Reader(catalogue).rule(head, text)


def compose(text: str) -> yaml.Node:
    """Return the text as YAML nodes; raise ``RuleFaulty`` when it is too large or cannot be read."""
    if len(text) > LARGEST_TEXT:
        raise faulty(START, "too_large", f"规则太长：最多 {LARGEST_TEXT} 个字。请拆成几条。")
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        depth = 0
        for event in yaml.parse(text, Loader=loader):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST_TEXT:
                raise faulty(_mark(event.start_mark), "too_deep", "规则套得太深，请把条件摊平。")
            if isinstance(event, yaml.AliasEvent):
                raise faulty(_mark(event.start_mark), "alias", "规则里不用 * 引用。请把内容写全。")
        node = yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = _mark(mark) if mark else START
        raise faulty(place, "unreadable", "这里读不懂。请检查缩进、冒号后的空格和引号。") from None
    except yaml.YAMLError:
        raise faulty(START, "unreadable", "文字里有读不懂的字符。请存成 UTF-8 文本。") from None
    if node is None:
        raise faulty(START, "empty", "规则是空的。")
    return node


def entries_of(node: yaml.Node) -> dict[str, yaml.Node]:
    """Return a mapping's entries; raise ``RuleFaulty`` when it is none or a name stands twice."""
    if not isinstance(node, yaml.MappingNode):
        raise faulty(place_of(node), "shape", "这里要写成“名称: 值”的样子。")
    entries: dict[str, yaml.Node] = {}
    for key, value in node.value:
        name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
        if not name:
            raise faulty(place_of(key), "shape", "冒号前面要是一个名称。")
        if name in entries:
            raise faulty(place_of(key), "repeated_field", f"“{name}”写了两遍。请只留一个。")
        entries[name] = value
    return entries


def place_of(node: yaml.Node) -> Place:
    """Return where a node begins."""
    return _mark(node.start_mark)


def _mark(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1)


def _meant(written: str, known: Sequence[str] | set[str]) -> str:
    near = difflib.get_close_matches(written, list(known), 3, 0.5)
    return f"是不是想写 {'、'.join(near)}？" if near else f"可以写 {'、'.join(sorted(known))}。"


class _Reader:
    """Reads one text, counting its clauses and collecting the faults of each."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.faults: list[Fault] = []
        self.clauses = 0

    def rule(self, head: Mapping[str, yaml.Node], text: str) -> Rule:
        code, title, document = (self.text(head[name]) for name in ("code", "title", "document"))
        jurisdiction = self.jurisdiction(head["jurisdiction"])
        first, checked = self.day(head["from"]), self.day(head["checked_on"])
        last = (
            self.day(head["to"]) if "to" in head and head["to"].value not in ("null", "") else None
        )
        if first and last and last < first:
            self.note(head["to"], "ends_before_start", "截止日期早于开始日期。")
        who = self.node(head["who"], depth=1)
        if self.faults or who is None or first is None or checked is None:
            raise RuleFaulty(self.faults)
        rule = Rule(code, title, document, jurisdiction, first, last, checked, who, text)
        if len(rule.conditions) > MOST_CONDITIONS:
            raise faulty(
                who.place, "too_large", f"最外层最多 {MOST_CONDITIONS} 项。请把相近的放进一组。"
            )
        return rule

    def node(self, node: yaml.Node, *, depth: int) -> Node | None:
        """Return the clause or group, or None when it has a fault (already noted)."""
        if depth > DEEPEST:
            self.note(node, "too_deep", f"套得太深：最多 {DEEPEST} 层。请把条件摊平。")
            return None
        try:
            entries = entries_of(node)
            if "fact" in entries:
                return self.clause(node, entries)
            return self.group(node, entries, depth)
        except RuleFaulty as error:
            self.faults += error.faults
            return None

    def group(self, node: yaml.Node, entries: dict[str, yaml.Node], depth: int) -> Group | None:
        words = [word for word in _GROUP_WORDS if word in entries]
        strange = sorted(set(entries) - {*_GROUP_WORDS, "of", "label"})
        if strange:
            known = [*_GROUP_WORDS, "of", "label", "fact"]
            self.note(
                entries[strange[0]],
                "unknown_field",
                f"不认识“{strange[0]}”。{_meant(strange[0], known)}",
            )
            return None
        if len(words) != 1:
            self.note(
                node,
                "shape",
                "这里要有 fact（一个条件），或 all、any、not、at_least 里的一个（一组）。",
            )
            return None
        join = Join(words[0])
        if ("of" in entries) is not (join is Join.AT_LEAST):
            self.note(node, "shape", "at_least 要和 of 一起写：at_least: 2，of: [……]。")
            return None
        listed = entries["of" if join is Join.AT_LEAST else words[0]]
        parts = self.parts(listed, join, depth)
        if not parts:
            return None
        count = self.count(entries["at_least"], len(parts)) if join is Join.AT_LEAST else 0
        return Group(join, tuple(parts), self.label(entries), place_of(node), count)

    def parts(self, node: yaml.Node, join: Join, depth: int) -> list[Node]:
        if join is Join.NOT and isinstance(node, yaml.MappingNode):
            one = self.node(node, depth=depth + 1)
            return [one] if one else []
        if not isinstance(node, yaml.SequenceNode):
            self.note(node, "shape", "一组条件要写成列表，每项前面加“- ”。")
            return []
        if not node.value:
            self.note(node, "empty_group", "这一组里一个条件也没有。请写上条件，或者删掉这一组。")
            return []
        if join is Join.NOT and len(node.value) != 1:
            self.note(node, "shape", "not 下面只放一项。多项请先放进 all 或 any。")
            return []
        read = [self.node(part, depth=depth + 1) for part in node.value[: MOST_CLAUSES + 1]]
        return [part for part in read if part] if all(read) else []

    def count(self, node: yaml.Node, among: int) -> int:
        value = node.value if isinstance(node, yaml.ScalarNode) else ""
        if not (value.isascii() and value.isdigit() and 1 <= int(value) <= among):
            self.note(
                node, "count", f"at_least 后面要写 1 到 {among} 的整数：这一组有 {among} 项。"
            )
            return 1
        return int(value)

    def clause(self, node: yaml.Node, entries: dict[str, yaml.Node]) -> Clause | None:
        self.clauses += 1
        if self.clauses > MOST_CLAUSES:
            raise faulty(place_of(node), "too_large", f"条件太多：一条规则最多 {MOST_CLAUSES} 个。")
        fact = self.fact(entries["fact"])
        asked = [name for name in entries if name not in ("fact", "label")]
        if len(asked) != 1 or asked[0] not in _OPERATORS:
            strange = [name for name in asked if name not in _OPERATORS]
            said = f"不认识“{strange[0]}”。{_meant(strange[0], _OPERATORS)}" if strange else ""
            self.note(
                entries[strange[0]] if strange else node,
                "operator",
                said or "一个条件里只问一件事：is、in、at_least 等选一个。",
            )
            return None
        if fact is None:
            return None
        operator = Operator(asked[0])
        if not operator.fits(fact.type):
            self.note(
                entries[asked[0]],
                "type_mismatch",
                f"“{fact.label}”不能用 {operator}：它是{_TYPES[fact.type]}。",
            )
            return None
        written = self.values(entries[asked[0]], fact, operator)
        if not written:
            return None
        return Clause(fact, operator, tuple(written), self.label(entries), place_of(node))

    def values(self, node: yaml.Node, fact: Fact, operator: Operator) -> list[Any]:
        if operator.takes_list is not isinstance(node, yaml.SequenceNode):
            want = "要写成列表：[甲, 乙]" if operator.takes_list else "只写一个值"
            self.note(node, "shape", f"{operator} 后面{want}。")
            return []
        nodes = node.value if operator.takes_list else [node]
        if not nodes or (operator is Operator.BETWEEN and len(nodes) != 2):
            want = "写两个值：[最小, 最大]" if operator is Operator.BETWEEN else "至少写一个值"
            self.note(node, "empty_group", f"{operator} 后面要{want}。")
            return []
        if len(nodes) > MOST_VALUES:
            self.note(node, "too_large", f"列表太长：最多 {MOST_VALUES} 个值。")
            return []
        found = []
        for one in nodes:
            try:
                found.append(read_value(one, place_of(one), fact, operator))
            except RuleFaulty as error:
                self.faults += error.faults
        return found if len(found) == len(nodes) else []

    def fact(self, node: yaml.Node) -> Fact | None:
        name = self.text(node)
        fact = self.catalogue.get(name)
        if fact is None:
            near = self.catalogue.nearest(name)
            hint = "、".join(f"{one.name}（{one.label}）" for one in near)
            said = f"是不是想写 {hint}？" if hint else "可用的情况见 nuanxin eligibility facts。"
            self.note(node, "unknown_fact", f"没有“{name}”这项情况。{said}")
        return fact

    def label(self, entries: Mapping[str, yaml.Node]) -> str:
        return self.text(entries["label"]) if "label" in entries else ""

    def text(self, node: yaml.Node) -> str:
        value = node.value.strip() if isinstance(node, yaml.ScalarNode) else ""
        if not value or len(value) > LONGEST_LABEL * 5:
            self.note(node, "shape", f"这里要写一段文字，不超过 {LONGEST_LABEL * 5} 个字。")
        return value

    def day(self, node: yaml.Node) -> date | None:
        try:
            return date.fromisoformat(node.value if isinstance(node, yaml.ScalarNode) else "")
        except ValueError:
            self.note(node, "day", "日期要写成 2026-11-27 的样子。")
            return None

    def jurisdiction(self, node: yaml.Node) -> str:
        try:
            return jurisdictions_of(self.text(node))[0]
        except ValueError:
            self.note(node, "jurisdiction", '地区要写行政区划代码，如 "330000"，加引号。')
            return ""

    def note(self, node: yaml.Node, code: str, message: str) -> None:
        """Keep a fault; the reading goes on, so that all are told at once."""
        self.faults.append(Fault(place_of(node), f"eligibility.{code}", message))


_TYPES = {
    "boolean": "是或不是",
    "integer": "整数",
    "fen": "金额",
    "date": "日期",
    "code": "代码",
    "text": "文字",
}
