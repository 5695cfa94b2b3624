"""Consents, and the texts (告知书) under which they are given.

Each text is one Markdown file, ``templates/people/consent/<purpose>/<first day>.md``. A version is
its first day; a text is never edited after that day: a change is a new file.
"""

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from django.db import connection
from markdown_it import MarkdownIt

from nuanxin.kernel.errors import NotFound
from nuanxin.people import rules
from nuanxin.people.states import ConsentPurpose

_FOLDER = Path(__file__).resolve().parent.parent / "templates" / "people" / "consent"


@dataclass(frozen=True, slots=True)
class NoticeText:
    """A version of a notice: its first line is the title; ``html`` is safe to show as it is."""

    purpose: ConsentPurpose
    version: str
    title: str
    markdown: str
    html: str


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """A consent, live or withdrawn; ``withdrawal_meaning`` is told before it is withdrawn."""

    id: int
    purpose: ConsentPurpose
    notice_version: str
    granted_at: datetime
    granted_via: str
    withdrawn_at: datetime | None

    @property
    def is_live(self) -> bool:
        """Return whether it has not been withdrawn."""
        return self.withdrawn_at is None

    @property
    def withdrawal_meaning(self) -> str:
        """Return what follows from withdrawing it."""
        return rules.withdrawal_meaning(self.purpose)


def notice_versions(purpose: ConsentPurpose) -> list[str]:
    """Return the versions of a notice, the oldest first."""
    return sorted(path.stem for path in (_FOLDER / purpose.slug).glob("*.md"))


def current_notice(purpose: ConsentPurpose, *, on: date) -> NoticeText:
    """Return the text in force on a day; raise ``NotFound`` before the first one."""
    begun = [version for version in notice_versions(purpose) if version <= on.isoformat()]
    if not begun:
        raise NotFound("people.no_notice", "这一天还没有这份告知书。")
    return get_notice(purpose, begun[-1])


@lru_cache(maxsize=64)
def get_notice(purpose: ConsentPurpose, version: str) -> NoticeText:
    """Return a version; raise ``NotFound`` people.no_notice for one that does not exist."""
    if version not in notice_versions(purpose):
        raise NotFound("people.no_notice", "没有这一版告知书。请打开最新的一版。")
    text = (_FOLDER / purpose.slug / f"{version}.md").read_text(encoding="utf-8")
    title = text.lstrip().splitlines()[0].lstrip("# ").strip()
    html = MarkdownIt("commonmark", {"html": False}).render(text)
    return NoticeText(purpose, version, title, text, html)


def list_consents(worker_id: int) -> list[ConsentRow]:
    """Return the consents of a person, live ones first, then the newest; the caller has checked."""
    with connection.cursor() as db:
        db.execute(
            """SELECT id, purpose, notice_version, granted_at, granted_via, withdrawn_at
               FROM people_consent WHERE worker_id = %s
               ORDER BY (withdrawn_at IS NOT NULL), purpose, granted_at DESC, id LIMIT 200""",
            [worker_id],
        )
        return [ConsentRow(row[0], ConsentPurpose(row[1]), *row[2:]) for row in db.fetchall()]


def has_consent(worker_id: int, purpose: ConsentPurpose) -> bool:
    """Return whether a live consent to the purpose is there."""
    with connection.cursor() as db:
        db.execute(
            """SELECT EXISTS (SELECT 1 FROM people_consent
               WHERE worker_id = %s AND purpose = %s AND withdrawn_at IS NULL)""",
            [worker_id, purpose],
        )
        return bool(db.fetchone()[0])


def missing_consents(
    worker_ids: list[int], purposes: list[ConsentPurpose]
) -> dict[int, list[ConsentPurpose]]:
    """Return by person the purposes without a live consent; who lacks none is left out."""
    with connection.cursor() as db:
        db.execute(
            """SELECT w.id, p.purpose
               FROM unnest(%s::bigint[]) AS w (id) CROSS JOIN unnest(%s::int[]) AS p (purpose)
               LEFT JOIN people_consent c
                    ON c.worker_id = w.id AND c.purpose = p.purpose AND c.withdrawn_at IS NULL
               WHERE c.id IS NULL ORDER BY w.id, p.purpose""",
            [worker_ids, [int(p) for p in purposes]],
        )
        missing: dict[int, list[ConsentPurpose]] = {}
        for worker_id, purpose in db.fetchall():
            missing.setdefault(worker_id, []).append(ConsentPurpose(purpose))
    return missing
