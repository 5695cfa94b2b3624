"""What a list of stations goes through, and what its rows are."""

from enum import IntEnum

from nuanxin.kernel.errors import Conflict


class ImportState(IntEnum):
    """Where a dropped list stands."""

    READING = 1
    PREVIEWED = 2
    RUNNING = 3
    DONE = 4
    FAILED = 5
    DISCARDED = 6

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return {1: "正在读", 2: "等您看", 3: "正在登记", 4: "办完了", 5: "没办成", 6: "放弃了"}[
            self.value
        ]


IMPORT_MOVES: dict[ImportState, frozenset[ImportState]] = {
    ImportState.READING: frozenset({ImportState.PREVIEWED, ImportState.FAILED}),
    ImportState.PREVIEWED: frozenset(
        {ImportState.READING, ImportState.RUNNING, ImportState.DISCARDED}
    ),
    ImportState.RUNNING: frozenset({ImportState.DONE, ImportState.FAILED}),
    ImportState.DONE: frozenset(),
    ImportState.FAILED: frozenset({ImportState.DISCARDED}),
    ImportState.DISCARDED: frozenset(),
}


def check_import_move(current: ImportState, target: ImportState) -> None:
    """Return when the move is in the table; raise ``Conflict`` station_import.moved_on otherwise."""
    if target not in IMPORT_MOVES[current]:
        raise Conflict(
            "station_import.moved_on",
            f"这份名册现在是「{current.label}」，不能这样办。刷新看看最新的情况。",
        )


class RowVerdict(IntEnum):
    """What a row of a list is."""

    NEW = 1
    CHANGED = 2
    SAME = 3
    UNSURE = 4
    WRONG = 5
    REPEATED = 6
    SKIPPED = 7

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return {
            1: "新登记",
            2: "有变动",
            3: "没有变",
            4: "要您看一眼",
            5: "要改",
            6: "表里重复",
            7: "不登记",
        }[self.value]
