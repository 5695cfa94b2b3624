"""The form of an offer: from a definition, with its pools one a line."""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, time
from typing import Any

from django import forms

from nuanxin.kernel import occupations, regions
from nuanxin.kernel.clock import SHANGHAI
from nuanxin.kernel.errors import Malformed, NotFound
from nuanxin.orgs.queries import get_union_by_code
from nuanxin.orgs.queries.rows import UnionRow
from nuanxin.programmes.actions.offers import MOST_PLACES, MOST_POOLS, OfferDraft, PoolDraft
from nuanxin.programmes.rules.definitions import Definition
from nuanxin.programmes.states import Way

_SEPARATORS = re.compile(r"[\s,，、:：]+")


class OfferForm(forms.Form):
    """What an official says; everything else comes from the definition."""

    title = forms.CharField(
        label="这一期叫什么", max_length=60, error_messages={"required": "给这一期起个名字。"}
    )
    union = forms.CharField(
        label="哪家工会办（工会编码）",
        max_length=24,
        error_messages={"required": "填是哪家工会办的。"},
    )
    way = forms.TypedChoiceField(
        label="名额怎么给", coerce=int, choices=(), error_messages={"required": "选一种。"}
    )
    rule = forms.ChoiceField(
        label="谁可以报",
        required=False,
        choices=(),
        help_text="工作台上新写的条件，定稿生效以后会出现在这里。",
    )
    places = forms.IntegerField(
        label="多少个名额",
        min_value=1,
        max_value=MOST_PLACES,
        error_messages={"required": "填名额。", "invalid": "填一个整数。"},
    )
    opens_on = forms.DateField(
        label="哪天开始报名",
        error_messages={"required": "选一天。", "invalid": "选一天，比如 2026-12-01。"},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    closes_on = forms.DateField(
        label="报名到哪天（含当天）",
        error_messages={"required": "选一天。", "invalid": "选一天，比如 2026-12-10。"},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    directed_permille = forms.IntegerField(
        label="定向名额占千分之几",
        min_value=0,
        max_value=1000,
        help_text="10% 填 100；不设填 0。",
        error_messages={"required": "不设就填 0。", "invalid": "填 0 到 1000 的整数。"},
    )
    released_on = forms.DateField(
        label="定向名额哪天放开",
        required=False,
        help_text="到这天没人用的，大家都能报。抽签、按分数的，在定名额时放开。",
        error_messages={"invalid": "选一天，比如 2026-12-08。"},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    pools = forms.CharField(
        label="按地区、职业或工会分份",
        required=False,
        max_length=8_000,
        help_text="一行一份：地区、职业或工会编码，空格，权数，再空格可写定向权数。比如“拱墅区 41 12”。写在前面的先认。不分就空着。",
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    slots = forms.CharField(
        label="预约的时段",
        required=False,
        max_length=8_000,
        help_text="选“预约时段”时填，一行一个，比如“2026-12-05 09:00”。名额平均分到各个时段。",
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(
        self,
        *args: Any,
        definition: Definition,
        rules: Sequence[tuple[str, str]] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        rule = self.fields["rule"]
        assert isinstance(rule, forms.ChoiceField)
        rule.choices = [("", "按这种服务的条件"), *rules]
        self.definition = definition
        ways = [(int(way), way.label) for way in definition.ways]
        field = self.fields["way"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = ways

    def clean_pools(self) -> tuple[PoolDraft, ...]:
        """Return a pool a line; say which line could not be read."""
        lines = [line for line in self.cleaned_data["pools"].splitlines() if line.strip()]
        if len(lines) > MOST_POOLS:
            raise forms.ValidationError(f"最多 {MOST_POOLS} 行。")
        return tuple(_pool(number, line) for number, line in enumerate(lines, start=1))

    def clean_slots(self) -> tuple[datetime, ...]:
        """Return the slots, each once; say which line could not be read."""
        found = set()
        for number, line in enumerate(self.cleaned_data["slots"].splitlines(), start=1):
            if not line.strip():
                continue
            try:
                found.add(
                    datetime.strptime(line.strip(), "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI)
                )
            except ValueError:
                raise forms.ValidationError(
                    f"第 {number} 行没有读懂。写成“2026-12-05 09:00”。"
                ) from None
        return tuple(sorted(found))

    def clean(self) -> dict[str, Any]:
        """Check the order of the days."""
        given = super().clean() or {}
        opens, closes = given.get("opens_on"), given.get("closes_on")
        if opens and closes and closes < opens:
            self.add_error("closes_on", "报名截止要在报名开始以后。")
        return given

    def draft(self) -> OfferDraft:
        """Return what was filled in; days are whole days in Shanghai."""
        given = self.cleaned_data
        released = given["released_on"]
        return OfferDraft(
            definition=self.definition.code,
            rule=given["rule"],
            title=given["title"],
            way=Way(given["way"]),
            places=given["places"],
            opens_at=_begin(given["opens_on"]),
            closes_at=datetime.combine(given["closes_on"], time(23, 59, 59), SHANGHAI),
            directed_permille=given["directed_permille"],
            released_at=_begin(released) if released else None,
            pools=given["pools"],
            slots=given["slots"],
        )


def _begin(day: date) -> datetime:
    return datetime.combine(day, time.min, SHANGHAI)


def _pool(number: int, line: str) -> PoolDraft:
    parts = [part for part in _SEPARATORS.split(line.strip()) if part]
    weights = parts[1:]
    if not 1 <= len(weights) <= 2 or not all(
        w.isascii() and w.isdigit() and len(w) < 10 for w in weights
    ):
        raise forms.ValidationError(f"第 {number} 行没有读懂。写成“拱墅区 41”或“拱墅区 41 12”。")
    region, occupation, union = _place_trade_or_union(number, parts[0])
    return PoolDraft(
        label=(union.name if union else parts[0])[:60],
        weight=int(weights[0]),
        directed_weight=int(weights[1]) if len(weights) > 1 else None,
        region=region,
        occupation=occupation,
        union_path=union.path if union else "",
    )


def _place_trade_or_union(number: int, word: str) -> tuple[int | None, int | None, UnionRow | None]:
    """Return the region, occupation or union that a word names; for 其他 none: everybody else.

    A union takes all members below it.
    """
    if word in ("其他", "其余", "全部"):
        return None, None, None
    for one in (*regions.cities(), *regions.counties()):
        if word in (one.name, str(one.code)):
            return int(one.code), None, None
    code = occupations.recognise(word)
    if code is not None:
        return None, occupations.occupation(code).key, None
    with suppress(NotFound):
        return None, None, get_union_by_code(word)
    raise forms.ValidationError(
        f"第 {number} 行的“{word}”不是本省的市、县（市、区），不是名单里的职业，也不是工会编码。"
    )


class SeedForm(forms.Form):
    """Where the value of a draw will come from: a public one, or sealed numbers."""

    public = forms.CharField(
        label="种子数取自哪里",
        max_length=120,
        required=False,
        help_text="写清楚哪一天、哪里公布的哪个数，比如“12 月 10 日福彩 3D 第 2026330 期开奖号”。",
    )
    sealed = forms.CharField(
        label="或者几位一起封存的数",
        required=False,
        max_length=4_000,
        help_text="一行一位：姓名，空格，封存指纹（nuanxin draw seal 姓名 数）。",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean(self) -> dict[str, Any]:
        """Want one of the two."""
        given = super().clean() or {}
        if bool(given.get("public")) == bool(given.get("sealed")):
            raise forms.ValidationError("公开的数和封存的数，选一种填。")
        return given

    def clean_sealed(self) -> list[dict[str, str]]:
        """Return names and seals."""
        found = []
        for line in self.cleaned_data["sealed"].splitlines():
            if not line.strip():
                continue
            name, _, seal = line.strip().partition(" ")
            if not re.fullmatch(r"[0-9a-f]{64}", seal.strip()):
                raise forms.ValidationError(f"“{name}”后面要有 64 位的封存指纹。")
            found.append({"name": name, "seal": seal.strip()})
        if len(found) == 1:
            raise forms.ValidationError("封存的数至少要两位一起。")
        return found

    def seed(self) -> dict[str, Any]:
        """Return the seed as the file of a draw holds it."""
        sealed = self.cleaned_data["sealed"]
        return {"sealed": sealed} if sealed else {"public": self.cleaned_data["public"]}


class ValueForm(forms.Form):
    """The value that came out, or the numbers that were revealed."""

    value = forms.CharField(label="种子数", max_length=120, required=False)
    revealed = forms.CharField(
        label="各人公开的数",
        required=False,
        max_length=4_000,
        help_text="一行一位：姓名，空格，数。",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def numbers(self) -> dict[str, str] | None:
        """Return the revealed numbers by name, None when none were given."""
        lines = [line for line in self.cleaned_data["revealed"].splitlines() if line.strip()]
        pairs = [line.strip().partition(" ") for line in lines]
        if any(not number.strip() for _, _, number in pairs):
            raise Malformed("programmes.revealed", "每行写姓名、空格、数。")
        return {name: number.strip() for name, _, number in pairs} or None
