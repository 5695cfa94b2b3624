"""What is filled in for contests: rounds and criteria as lines, judges, teams, words."""

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms

from nuanxin.kernel.clock import day_end
from nuanxin.programmes.actions.contests import CriterionDraft, JudgeDraft, RoundDraft

LONGEST_LINES = 4_000


def _lines(text: str) -> list[list[str]]:
    rows = [line for line in text.replace("｜", "|").splitlines() if line.strip()]
    return [[cell.strip() for cell in row.split("|")] for row in rows]


def _area(label: str, hint: str, rows: int, **more: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        max_length=LONGEST_LINES,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={"required": "写上，一行一条。"},
        **more,
    )


class RoundsForm(forms.Form):
    """Rounds and what is scored in them, a line each, with | between."""

    rounds = _area(
        "赛程",
        "一行一轮：名称 | 日期 | 几名晋级（最后一轮写几名获奖）| 去掉几个最高 | 去掉几个最低 | 地点。"
        "例：初赛 | 2026-12-05 | 20 | 1 | 1 | 区体育馆",
        4,
    )
    criteria = _area(
        "评分项",
        "一行一项：哪一轮 | 评分项 | 占百分之几 | 满分。按秒计的再写换算：几秒以内=几分。"
        "例：初赛 | 包扎 | 40 | 100 | 60=100 90=80 120=60",
        8,
    )

    def clean(self) -> dict[str, Any]:
        """Read the lines; each error names the line."""
        given = super().clean() or {}
        if not self.errors:
            given["drafts"] = self._drafts(_lines(given["rounds"]), _lines(given["criteria"]))
        return given

    def _drafts(self, rounds: list[list[str]], criteria: list[list[str]]) -> list[RoundDraft]:
        of_round: dict[str, list[CriterionDraft]] = {row[0]: [] for row in rounds}
        for at, row in enumerate(criteria, start=1):
            draft = self._criterion(at, row, set(of_round))
            if draft is not None:
                of_round[row[0]].append(draft)
        drafts = [self._round(at, row, of_round) for at, row in enumerate(rounds, start=1)]
        return [one for one in drafts if one is not None]

    def _criterion(self, at: int, row: list[str], rounds: set[str]) -> CriterionDraft | None:
        try:
            if row[0] not in rounds or not row[1]:
                raise ValueError
            table = tuple(_pair(one) for one in row[4].split()) if len(row) > 4 else ()
            return CriterionDraft(row[1][:40], _number(row[2].rstrip("%")), _number(row[3]), table)
        except (IndexError, ValueError, InvalidOperation):
            self.add_error("criteria", f"第 {at} 行没读懂：照例子写，第一格是上面写过的一轮。")
            return None

    def _round(
        self, at: int, row: list[str], of_round: dict[str, list[CriterionDraft]]
    ) -> RoundDraft | None:
        try:
            whole = [int(row[place]) if len(row) > place else 0 for place in (2, 3, 4)]
            return RoundDraft(
                label=row[0][:20],
                held_on=date.fromisoformat(row[1]),
                goes_on=whole[0],
                criteria=tuple(of_round[row[0]]),
                place=row[5][:80] if len(row) > 5 else "",
                drop_highest=whole[1],
                drop_lowest=whole[2],
            )
        except (IndexError, ValueError):
            self.add_error(
                "rounds", f"第 {at} 行没读懂：名称 | 2026-12-05 | 20，后面几格可以不写。"
            )
            return None


def _number(text: str) -> Decimal:
    value = Decimal(text)
    if not value.is_finite() or abs(value) >= 1_000_000:
        raise ValueError(text)
    return value


def _pair(text: str) -> tuple[Decimal, Decimal]:
    seconds, points = text.split("=")
    return _number(seconds), _number(points)


class JudgesForm(forms.Form):
    """Judges, a line each, and until when their codes hold."""

    judges = _area("评委", "一行一位：姓名 | 所在工会的编码（自动回避本工会的选手，没有就不写）", 4)
    until = forms.DateField(
        label="评委码用到哪天",
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"required": "选一天。", "invalid": "写成 2026-12-06。"},
    )

    def drafts(self) -> list[JudgeDraft]:
        """Return the judges that were written."""
        return [
            JudgeDraft(row[0], row[1] if len(row) > 1 else "")
            for row in _lines(self.cleaned_data["judges"])
        ]

    def code_until(self) -> datetime:
        """Return the end of the day."""
        return day_end(self.cleaned_data["until"])


def _judge_ordinal() -> forms.IntegerField:
    return forms.IntegerField(
        label="第几位评委",
        min_value=1,
        max_value=99,
        error_messages={"required": "写第几位。", "invalid": "写一个数，比如 2。"},
    )


class RenewForm(forms.Form):
    """Another code for a judge, until a day."""

    renew_judge = _judge_ordinal()
    renew_until = forms.DateField(
        label="新的码用到哪天",
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"required": "选一天。", "invalid": "写成 2026-12-06。"},
    )

    def code_until(self) -> datetime:
        """Return the end of the day."""
        return day_end(self.cleaned_data["renew_until"])


class RecuseForm(forms.Form):
    """A judge who is kept from an entrant."""

    recuse_judge = _judge_ordinal()
    recuse_number = forms.IntegerField(
        label="回避几号选手",
        min_value=1,
        max_value=9_999,
        error_messages={"required": "写选手号。", "invalid": "写一个数，比如 12。"},
    )
    recuse_why = forms.CharField(
        label="为什么回避",
        max_length=60,
        help_text="比如“是亲戚”。打了一半的评分表作废，写着这个原因。",
        error_messages={"required": "写一句为什么。"},
    )


class TeamForm(forms.Form):
    """Entrants who are one team."""

    team = forms.CharField(label="队名", max_length=40, error_messages={"required": "写上队名。"})
    numbers = forms.CharField(
        label="选手号",
        max_length=200,
        help_text="中间空一格，例：3 8 11",
        error_messages={"required": "写上选手号。"},
    )

    def clean_numbers(self) -> list[int]:
        """Read the numbers."""
        found = self.cleaned_data["numbers"].replace("，", " ").replace(",", " ").split()
        if not all(one.isascii() and one.isdigit() and len(one) < 6 for one in found):
            raise forms.ValidationError("只写号，中间空一格，例：3 8 11。")
        return [int(one) for one in found]


class SheetEndForm(forms.Form):
    """Which sheet is ended, and why."""

    number = forms.IntegerField(label="选手号", min_value=1, max_value=99_999,
                                error_messages={"required": "写上选手号。"})  # fmt: skip
    judge = forms.IntegerField(label="第几位评委", min_value=1, max_value=99,
                               error_messages={"required": "写上第几位。"})  # fmt: skip
    why = forms.CharField(label="为什么作废", max_length=200, help_text="例：把 87 打成了 78",
                          error_messages={"required": "写上原因。"})  # fmt: skip


class AppealForm(forms.Form):
    """An entrant's appeal."""

    round = forms.IntegerField(widget=forms.HiddenInput)
    text = forms.CharField(
        label="哪里不对",
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="哪一项、什么情况。由没定过这一轮成绩的干部来查、来答复。",
        error_messages={"required": "写一写哪里不对。"},
    )


class AppealAnswerForm(forms.Form):
    """An officer's answer to an appeal."""

    outcome = forms.ChoiceField(
        label="查下来",
        choices=(("no", "不成立"), ("yes", "成立，这位选手重新打分")),
        widget=forms.RadioSelect,
        error_messages={"required": "选一个。"},
    )
    answer = forms.CharField(
        label="答复",
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="查了什么、结果怎样，选手看得到。",
        error_messages={"required": "写上查了什么、结果怎样。"},
    )


class JudgeCodeForm(forms.Form):
    """A judge's code."""

    code = forms.CharField(
        label="评委码",
        max_length=20,
        help_text="主办工会给你的，12 位字母和数字，大小写都行。",
        error_messages={"required": "写上评委码。"},
    )
