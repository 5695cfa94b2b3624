"""Words of the rule language: how clauses are joined, what a clause may ask of a fact."""

from enum import IntEnum, StrEnum

from nuanxin.kernel.decision import Answer
from nuanxin.kernel.fact import FactType


class Truth(IntEnum):
    """The three answers as numbers: all is the least, any the greatest, not is two less it."""

    NO = 0
    UNKNOWN = 1
    YES = 2

    @property
    def answer(self) -> Answer:
        """Return the answer that decisions and people use."""
        return (Answer.NO, Answer.UNKNOWN, Answer.YES)[self.value]


class Join(StrEnum):
    """How a group joins its clauses."""

    ALL = "all"
    ANY = "any"
    NOT = "not"
    AT_LEAST = "at_least"

    @property
    def label(self) -> str:
        """Return the Chinese words."""
        return {
            Join.ALL: "下面各项都要满足",
            Join.ANY: "下面满足一项就行",
            Join.NOT: "不能是下面这种情况",
            Join.AT_LEAST: "下面至少满足几项",
        }[self]


class Operator(StrEnum):
    """What a clause asks of its fact."""

    IS = "is"
    IS_NOT = "is_not"
    IN = "in"
    NOT_IN = "not_in"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    ABOVE = "above"
    BELOW = "below"
    BETWEEN = "between"
    BEFORE = "before"
    AFTER = "after"
    ON_OR_BEFORE = "on_or_before"
    ON_OR_AFTER = "on_or_after"
    MONTHS_SINCE_AT_LEAST = "months_since_at_least"
    MONTHS_SINCE_BELOW = "months_since_below"
    STARTS_WITH = "starts_with"

    @property
    def label(self) -> str:
        """Return the Chinese words; ``{}`` stands for the value."""
        return _OPERATOR_LABELS[self]

    @property
    def takes_list(self) -> bool:
        """Return whether several values are written."""
        return self in (Operator.IN, Operator.NOT_IN, Operator.BETWEEN)

    def fits(self, kind: FactType) -> bool:
        """Return whether it may be asked of a fact of this type."""
        if self in _OF_NUMBERS:
            return kind in (FactType.INTEGER, FactType.FEN)
        if self in _OF_DAYS:
            return kind is FactType.DATE
        if self is Operator.BETWEEN:
            return kind in (FactType.INTEGER, FactType.FEN, FactType.DATE)
        if self is Operator.STARTS_WITH:
            return kind is FactType.TEXT
        return kind is not FactType.BOOLEAN or self in (Operator.IS, Operator.IS_NOT)


_OF_NUMBERS = {Operator.AT_LEAST, Operator.AT_MOST, Operator.ABOVE, Operator.BELOW}
_OF_DAYS = {
    Operator.BEFORE, Operator.AFTER, Operator.ON_OR_BEFORE, Operator.ON_OR_AFTER,
    Operator.MONTHS_SINCE_AT_LEAST, Operator.MONTHS_SINCE_BELOW,
}  # fmt: skip
_OPERATOR_LABELS = {
    Operator.IS: "是{}",
    Operator.IS_NOT: "不是{}",
    Operator.IN: "是{}之一",
    Operator.NOT_IN: "不是{}",
    Operator.AT_LEAST: "不少于{}",
    Operator.AT_MOST: "不超过{}",
    Operator.ABOVE: "多于{}",
    Operator.BELOW: "少于{}",
    Operator.BETWEEN: "在{}之间（含两头）",
    Operator.BEFORE: "在{}之前",
    Operator.AFTER: "在{}之后",
    Operator.ON_OR_BEFORE: "不晚于{}",
    Operator.ON_OR_AFTER: "不早于{}",
    Operator.MONTHS_SINCE_AT_LEAST: "到这一天满{}个月",
    Operator.MONTHS_SINCE_BELOW: "到这一天不满{}个月",
    Operator.STARTS_WITH: "在{}下面",
}


class Oddity(StrEnum):
    """What a run found odd in a rule that is otherwise sound."""

    FITS_NOBODY = "eligibility.fits_nobody"
    FITS_EVERYBODY = "eligibility.fits_everybody"
    UNKNOWN_FOR_ALL = "eligibility.unknown_for_all"

    @property
    def label(self) -> str:
        """Return the sentence for an official."""
        return {
            Oddity.FITS_NOBODY: "这条规则没有一个人符合。请看看条件是不是写得太严，或者写反了。",
            Oddity.FITS_EVERYBODY: "这条规则人人都符合，等于没有条件。请看看是不是漏了什么。",
            Oddity.UNKNOWN_FOR_ALL: "没有一个人能定下来：规则用到的情况还没有登记。请先收集这些情况。",
        }[self]
