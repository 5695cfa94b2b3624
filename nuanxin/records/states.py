"""Kinds, limits and hooks of 留痕. No Django here."""

from dataclasses import dataclass
from enum import StrEnum

SEAL_BLOCK_EVENTS = 4_096
"""Events under one seal: small enough to name the broken one quickly, few signatures a million."""

APPEND_LIMIT = 200_000
"""Events in one call of ``append_events``; whoever has more comes in chunks."""

LIST_LIMIT = 100
"""Rows a page of any list here."""

FILE_CHUNK_BYTES = 64 * 1024
"""Plain bytes sealed at a time, so that a file of any size needs the same memory."""

FILE_NAME_LONGEST = 200
IDEMPOTENCY_KEY_LONGEST = 128

EVENT_COLUMNS = "at, kind, actor_account, actor_name, subject_type, subject_id, union_id, data"
"""The order in which a set-based insert of an upper package gives its values."""

union_subtree_sql: str = ""
"""SQL with ``%(prefixes)s`` (text[], LIKE patterns) that yields the ids of the unions below them.

``orgs`` sets it when it is ready: records lies below it and knows no union. While it is empty,
only who may see everything sees anything.
"""


def register_union_subtree_sql(sql: str) -> None:
    """Let ``orgs`` say how union paths become union ids."""
    global union_subtree_sql
    union_subtree_sql = sql


class ChainFault(StrEnum):
    """What a verification of the chain found to be wrong."""

    EVENT_CHANGED = "event_changed"
    EVENT_MISSING = "event_missing"
    EVENT_ADDED = "event_added"
    SEAL_BROKEN = "seal_broken"
    SIGNATURE_WRONG = "signature_wrong"
    CHECKPOINT_DIFFERS = "checkpoint_differs"
    CHECKPOINT_AHEAD = "checkpoint_ahead"

    @property
    def label(self) -> str:
        """Return the Chinese sentence."""
        return _FAULT_LABELS[self]


_FAULT_LABELS = {
    ChainFault.EVENT_CHANGED: "这条事件在封存之后被改过",
    ChainFault.EVENT_MISSING: "这条事件在封存之后被删掉了",
    ChainFault.EVENT_ADDED: "这条事件是封存之后补插进来的",
    ChainFault.SEAL_BROKEN: "封存记录本身被改过，或者前后接不上",
    ChainFault.SIGNATURE_WRONG: "封存记录的签名对不上",
    ChainFault.CHECKPOINT_DIFFERS: "封存记录和库外留底不一致",
    ChainFault.CHECKPOINT_AHEAD: "库外留底里有的封存，数据库里没有（数据库可能被退回过）",
}


@dataclass(frozen=True, slots=True)
class Verification:
    """The outcome of a verification. ``unsealed_events`` came after the last seal."""

    seals: int
    events: int
    unsealed_events: int
    fault: ChainFault | None = None
    first_broken_event: int | None = None
    broken_seal: int | None = None

    @property
    def is_sound(self) -> bool:
        """Return whether everything that was sealed is as it was."""
        return self.fault is None
