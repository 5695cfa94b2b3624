"""What upper packages tell 人员 when they are ready (``AppConfig.ready``): it may not know them.

Each list is filled once a process and never emptied. Registering the same thing twice is harmless.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from nuanxin.kernel.actor import Actor, Grant
from nuanxin.people.states.kinds import ConsentPurpose

worker_links: list[tuple[str, str]] = [
    ("people_engagement", "worker_id"),
    ("people_consent", "worker_id"),
    ("people_householdmember", "worker_id"),
    ("people_worker", "merged_into_id"),
]
"""(table, column) of everything that points to a worker and moves when two records are merged."""

worker_paths_sql: list[str] = []
"""SELECTs that yield (worker_id, path): below which unions a person stands, for scope checks."""


class MergeStep(Protocol):
    """What a package does about its own rows when two records become one, and how it undoes it.

    ``fold`` runs before the links are moved and settles what would collide (two live memberships,
    two accounts); it returns plain JSON that ``unfold`` gets back after the links have returned.
    Both run in the transaction of the merge and may raise a ``Conflict`` to refuse it.
    """

    @property
    def name(self) -> str:
        """Return the step's own name, under which its memo is kept."""

    def fold(self, *, kept_id: int, folded_id: int, actor: Actor, now: datetime) -> Any:
        """Settle collisions; return what is needed to take it back."""

    def unfold(
        self, memo: Any, *, kept_id: int, folded_id: int, actor: Actor, now: datetime
    ) -> None:
        """Take back what ``fold`` did, exactly."""


merge_steps: list[MergeStep] = []


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of sealed text: ``column`` is the name it is bound to, ``bound`` holds the UUID."""

    table: str
    column: str
    sealed: str
    bound: str


sealed_columns: list[SealedColumn] = [
    SealedColumn("people_worker", "identity", "identity_sealed", "identity_hash"),
    SealedColumn("people_worker", "phone", "phone_sealed", "phone_hash"),
]


@dataclass(frozen=True, slots=True)
class MyDataSection:
    """A part of 「我的资料」: ``rows`` gives plain JSON values by key for the records of a person.

    ``labels`` maps each key to its Chinese title, in the order of the columns. ``way_on`` is the name
    of the address where it is changed, and the words of the link.
    """

    key: str
    title: str
    labels: dict[str, str]
    rows: Callable[[Sequence[int]], list[dict[str, Any]]]
    way_on: tuple[str, str] = ("", "")


my_data_sections: list[MyDataSection] = []


@dataclass(frozen=True, slots=True)
class ErasureHold:
    """Something that must be kept although the person wants it erased.

    ``reason`` names the rule in plain Chinese, ``until`` the day it ends (None: not foreseeable).
    ``is_blocking``: nothing at all can be erased before this is settled (a live membership).
    """

    what: str
    reason: str
    until: date | None = None
    is_blocking: bool = False


erasure_holds: list[Callable[[int, datetime], list[ErasureHold]]] = []
erasers: list[Callable[[Sequence[int], datetime], list[str]]] = []
"""Each erases what its package holds about the records and returns what it was, in Chinese."""

withdrawal_effects: dict[ConsentPurpose, list[Callable[..., None]]] = {}
"""Called as ``effect(worker_id=…, actor=…, now=…)`` in the transaction of the withdrawal."""

post_namer: Callable[[Grant], str] | None = None


def register_worker_link(table: str, column: str = "worker_id") -> None:
    """Say that ``column`` of ``table`` (with a primary key ``id``) points to a worker."""
    if (table, column) not in worker_links:
        worker_links.append((table, column))


def register_worker_paths(sql: str) -> None:
    """Say below which unions people stand: trusted SQL that yields ``worker_id`` and ``path``."""
    if sql not in worker_paths_sql:
        worker_paths_sql.append(sql)


def register_merge_step(step: MergeStep) -> None:
    """Take part in merges; a step of the same name is registered once."""
    if all(known.name != step.name for known in merge_steps):
        merge_steps.append(step)


def register_sealed_column(column: SealedColumn) -> None:
    """Have a sealed column sealed anew when the data key changes."""
    if column not in sealed_columns:
        sealed_columns.append(column)


def register_my_data_section(section: MyDataSection) -> None:
    """Add a part to what a person sees and fetches of himself."""
    if all(known.key != section.key for known in my_data_sections):
        my_data_sections.append(section)


def register_erasure_hold(hold: Callable[[int, datetime], list[ErasureHold]]) -> None:
    """Be asked what of a person must be kept."""
    if hold not in erasure_holds:
        erasure_holds.append(hold)


def register_eraser(eraser: Callable[[Sequence[int], datetime], list[str]]) -> None:
    """Erase one's own rows about a person when the person is erased."""
    if eraser not in erasers:
        erasers.append(eraser)


def register_withdrawal_effect(purpose: ConsentPurpose, effect: Callable[..., None]) -> None:
    """Do what follows from the withdrawal of a consent."""
    effects = withdrawal_effects.setdefault(purpose, [])
    if effect not in effects:
        effects.append(effect)


def register_post_namer(namer: Callable[[Grant], str]) -> None:
    """Say what a post is called (「钱塘区外卖配送行业工会 基层工会干部」) in the reading log."""
    global post_namer
    post_namer = namer


def name_of_post(grant: Grant | None) -> str:
    """Return what the reading log calls the post that gave the right."""
    if grant is None:
        return ""
    if post_namer is None:
        return grant.role.label
    return post_namer(grant)[:120]
