"""What an inspection, its answers, a sample and a selection can be; no Django."""

from enum import IntEnum


class InspectionKind(IntEnum):
    """Why somebody looked at a station."""

    SAMPLE = 1
    ROUTINE = 2
    MASTER_DAY = 3
    COMPLAINT = 4

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return _KINDS[self]


class PaperKind(IntEnum):
    """What is kept of a keeper."""

    TRAINING = 1
    RECORD_CHECK = 2

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {1: "培训", 2: "犯罪记录查询"}[self.value]


class ObjectionOutcome(IntEnum):
    """What became of an objection."""

    OPEN = 1
    NOT_UPHELD = 2
    UPHELD = 3

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {1: "等答复", 2: "不成立", 3: "成立"}[self.value]


class Finding(IntEnum):
    """What was found for one item of the form."""

    YES = 1
    NO = 2
    NOT_HERE = 3

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return _FINDINGS[self]


class Verdict(IntEnum):
    """What a form adds up to."""

    EXCELLENT = 1
    GOOD = 2
    PASS = 3
    MEND = 4

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return _VERDICTS[self]


class RoundState(IntEnum):
    """Where a round of inspections by sample stands."""

    COMMITTED = 1
    DRAWN = 2
    CLOSED = 3

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return _ROUNDS[self]


ROUND_MOVES: dict[RoundState, frozenset[RoundState]] = {
    RoundState.COMMITTED: frozenset({RoundState.DRAWN}),
    RoundState.DRAWN: frozenset({RoundState.CLOSED}),
    RoundState.CLOSED: frozenset(),
}


class SelectionState(IntEnum):
    """Where a selection of the most beautiful stations stands."""

    NOMINATING = 1
    CHECKING = 2
    PUBLICITY = 3
    DECIDED = 4

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return _SELECTIONS[self]


SELECTION_MOVES: dict[SelectionState, frozenset[SelectionState]] = {
    SelectionState.NOMINATING: frozenset({SelectionState.CHECKING}),
    SelectionState.CHECKING: frozenset({SelectionState.PUBLICITY}),
    SelectionState.PUBLICITY: frozenset({SelectionState.DECIDED}),
    SelectionState.DECIDED: frozenset(),
}

_KINDS = {1: "抽查", 2: "例行检查", 3: "干部当一天站长", 4: "有人反映去看"}
_FINDINGS = {1: "做到了", 2: "没做到", 3: "这里没有"}
_VERDICTS = {1: "优秀", 2: "良好", 3: "合格", 4: "要整改"}
_ROUNDS = {1: "名单已封存", 2: "已抽出，在查", 3: "查完了"}
_SELECTIONS = {1: "在推荐", 2: "在核对", 3: "公示中", 4: "定了"}
