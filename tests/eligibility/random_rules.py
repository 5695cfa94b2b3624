"""Random rules and random people over a few facts of every type, small enough that cases meet."""

import json
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from nuanxin.eligibility.rules.catalogue import Catalogue
from nuanxin.kernel.fact import Choice, Fact, FactType, Sensitivity

DAY = date(2026, 11, 30)
HEALTH = 7


def fact(name: str, kind: FactType, **more: Any) -> Fact:
    column = name.rpartition(".")[2]
    more = {
        "label": f"情况{column}",
        "unit": "",
        "definition_zh": "测试用",
        "sql": f"w.{column}",
    } | more
    return Fact(name=name, type=kind, **more)


FACTS = (
    fact("t.is_member", FactType.BOOLEAN, label="是不是会员"),
    fact("t.has_card", FactType.BOOLEAN, label="有没有会员卡"),
    fact("t.months", FactType.INTEGER, label="入会满几个月", unit="个月"),
    fact("t.age", FactType.INTEGER, label="年龄", unit="周岁", is_given=True),
    fact("t.joined_on", FactType.DATE, label="入会日期"),
    fact("t.income", FactType.FEN, label="家庭月收入"),
    fact(
        "t.trade",
        FactType.INTEGER,
        label="职业",
        choices=(
            Choice("courier", 3, "快递员"),
            Choice("rider", 4, "外卖配送员"),
            Choice("other", 99, "其他"),
        ),
    ),
    fact("t.path", FactType.TEXT, label="工会路径"),
    fact(
        "t.is_ill",
        FactType.BOOLEAN,
        label="患重大疾病",
        sensitivity=Sensitivity.SENSITIVE,
        legal_basis="本人单独同意",
        consent=HEALTH,
    ),
)
CATALOGUE = Catalogue.of(FACTS, consent_sql="({purpose} = ANY (w.consents))")
COLUMNS = {
    "is_member": "boolean", "has_card": "boolean", "months": "integer", "age": "integer",
    "joined_on": "date", "income": "bigint", "trade": "smallint", "path": "text", "is_ill": "boolean",
}  # fmt: skip

_numbers = st.integers(-1, 5)
_days = st.integers(-3, 3).map(lambda off: DAY.replace(day=15) - timedelta(days=31 * off + off))
_paths = st.sampled_from(["1.", "1.2.", "1.2.3.", "1.20.", "2."])
_amounts = st.sampled_from(["0 分", "100 元", "1.5 元", "15000 分"])


def _is(name: str, words: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    one = st.tuples(st.sampled_from(["is", "is_not"]), st.sampled_from(words))
    many = st.tuples(
        st.sampled_from(["in", "not_in"]),
        st.lists(st.sampled_from(words), min_size=1, max_size=3, unique=True),
    )
    return (one if words == ["true", "false"] else one | many).map(
        lambda said: {"fact": name, said[0]: said[1]}
    )


def _number(name: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    compared = st.tuples(
        st.sampled_from(["at_least", "at_most", "above", "below", "is", "is_not"]), values
    )
    among = st.tuples(st.just("in"), st.lists(values, min_size=1, max_size=3, unique=True))
    return (compared | among).map(lambda said: {"fact": name, said[0]: said[1]})


def _day(name: str) -> st.SearchStrategy[dict[str, Any]]:
    words = ["before", "after", "on_or_before", "on_or_after", "is", "is_not"]
    days = (_days.map(date.isoformat)) | st.just("today")
    compared = st.tuples(st.sampled_from(words), days)
    months = st.tuples(
        st.sampled_from(["months_since_at_least", "months_since_below"]), st.integers(0, 4)
    )
    between = st.tuples(_days, _days).map(
        lambda pair: ("between", [day.isoformat() for day in sorted(pair)])
    )
    return (compared | months | between).map(lambda said: {"fact": name, said[0]: said[1]})


clauses = st.one_of(
    _is("t.is_member", ["true", "false"]),
    _is("t.has_card", ["true", "false"]),
    _is("t.is_ill", ["true", "false"]),
    _is("t.trade", ["courier", "rider", "other"]),
    _is("t.path", ["1.2.", "1.20.", "2."]),
    _paths.map(lambda path: {"fact": "t.path", "starts_with": path}),
    _number("t.months", _numbers),
    _number("t.age", _numbers),
    _number("t.income", _amounts),
    _day("t.joined_on"),
)


def _groups(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(parts, min_size=1, max_size=4)
    counted = several.flatmap(
        lambda of: st.integers(1, len(of)).map(lambda count: {"at_least": count, "of": of})
    )
    return st.one_of(
        several.map(lambda of: {"all": of}),
        several.map(lambda of: {"any": of}),
        parts.map(lambda one: {"not": one}),
        counted,
    )


trees = st.recursive(clauses, _groups, max_leaves=9)


def text_of(who: Any) -> str:
    """Return a rule's text; JSON is YAML."""
    head = {
        "code": "random", "title": "随机规则", "document": "测试", "jurisdiction": "330000",
        "from": "2020-01-01", "checked_on": "2026-11-27", "who": who,
    }  # fmt: skip
    return json.dumps(head, ensure_ascii=False)


texts = trees.map(text_of)

people = st.fixed_dictionaries(
    {
        "is_member": st.none() | st.booleans(),
        "has_card": st.none() | st.booleans(),
        "months": st.none() | st.integers(-2, 6),
        "age": st.none() | st.integers(-2, 6),
        "joined_on": st.none() | st.integers(-140, 140).map(lambda off: DAY - timedelta(days=off)),
        "income": st.none() | st.sampled_from([0, 1, 149, 150, 151, 10_000, 15_000, 20_000]),
        "trade": st.none() | st.sampled_from([3, 4, 7, 99]),
        "path": st.none() | st.sampled_from(["1.", "1.2.", "1.2.9.", "1.20.", "2.", "3.", ""]),
        "is_ill": st.none() | st.booleans(),
        "consents": st.sampled_from([[], [HEALTH], [1, HEALTH]]),
    }
)


def values_of(person: dict[str, Any]) -> dict[str, Any]:
    """Return what is known of a person by fact name."""
    return {f"t.{name}": person[name] for name in COLUMNS if person[name] is not None}
