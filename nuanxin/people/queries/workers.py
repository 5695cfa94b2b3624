"""People as lists and pages show them: masked, finished rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from django.db import connection

from nuanxin.kernel import clock, names, sealing
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Malformed, NotFound
from nuanxin.kernel.identity import parse_identity
from nuanxin.kernel.occupations import by_key
from nuanxin.kernel.phone import normalise_phone
from nuanxin.people import permissions, rules
from nuanxin.people.states import Assurance, IdentityKind, LabourRelation
from nuanxin.records import queries as records

LIST_LIMIT = 200
"""Engagements, consents and readings of one person that a page shows."""

ROWS_LIMIT = 10_000
"""Worker rows fetched for one list or export chunk."""


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """A person as a list shows it; number and phone masked ("" where there is none)."""

    id: int
    name: str
    name_key: str
    masked_identity: str
    masked_phone: str
    identity_kind: IdentityKind
    birth_on: date | None
    sex: str
    assurance: Assurance
    created_at: datetime
    merged_into: int | None
    erased_at: datetime | None

    @property
    def masked_name(self) -> str:
        """Return the name as others than his own officers see it: 张**."""
        return names.mask_name(self.name)

    @property
    def sex_label(self) -> str:
        """Return 男, 女, or "" where it is not known."""
        return {"M": "男", "F": "女"}.get(self.sex, "")

    def age_on(self, day: date) -> int | None:
        """Return the completed years on ``day``, None where the birth date is not known."""
        return rules.age_years(self.birth_on, day)


@dataclass(frozen=True, slots=True)
class EngagementRow:
    """One dated job; a job that has not ended has no ``ended_on``."""

    id: int
    worker_id: int
    occupation: int
    employer_id: int | None
    platform_id: int | None
    outlet_id: int | None
    place_stated: str
    relation: LabourRelation
    work_adcode: int | None
    started_on: date | None
    ended_on: date | None
    recorded_at: datetime
    source: str

    @property
    def occupation_label(self) -> str:
        """Return the Chinese name of the occupation."""
        return by_key(self.occupation).label


_ENGAGEMENT_FIELDS = tuple(field.name for field in fields(EngagementRow))
_WORKER_FIELDS = """id, name, name_key, identity_hint, phone_hint, identity_kind, birth_on, sex,
    assurance, created_at, merged_into_id, erased_at"""


def worker_rows(worker_ids: Iterable[int]) -> dict[int, WorkerRow]:
    """Return the rows of many people by id, in one statement; unknown ids are left out.

    For lists whose scope the caller has already limited.
    """
    wanted = list(worker_ids)
    if len(wanted) > ROWS_LIMIT:
        raise ValueError(f"{len(wanted)} rows at once; the limit is {ROWS_LIMIT}")
    if not wanted:
        return {}
    with connection.cursor() as db:
        db.execute(f"SELECT {_WORKER_FIELDS} FROM people_worker WHERE id = ANY(%s)", [wanted])
        return {row[0]: _worker_row(row) for row in db.fetchall()}


def _worker_row(row: tuple[Any, ...]) -> WorkerRow:
    return WorkerRow(
        id=row[0],
        name=row[1],
        name_key=row[2],
        masked_identity=rules.masked_identity(row[3]),
        masked_phone=rules.masked_phone(row[4]),
        identity_kind=IdentityKind(row[5]),
        birth_on=row[6],
        sex=row[7],
        assurance=Assurance(row[8]),
        created_at=row[9],
        merged_into=row[10],
        erased_at=row[11],
    )


def get_worker(worker_id: int, *, actor: Actor | None = None) -> WorkerRow:
    """Return one person; raise ``NotFound``.

    With ``actor`` the person must be in the scope of "person.view_masked"; without, the caller
    has checked. A merged record is returned as such: follow ``merged_into``.
    """
    if actor is not None:
        permissions.check_can(actor, permissions.VIEW, worker_id)
    found = worker_rows([worker_id]).get(worker_id)
    if found is None:
        raise NotFound()
    return found


def record_ids_of(worker_id: int) -> list[int]:
    """Return the ids of all records of the person: the living one and those merged into it."""
    with connection.cursor() as db:
        db.execute(
            """SELECT id FROM people_worker
               WHERE id = %(id)s OR (merged_into_id IS NOT NULL AND merged_into_id = %(id)s)
               ORDER BY id""",
            {"id": worker_id},
        )
        return [row[0] for row in db.fetchall()]


def find_worker_by_identity(number: str) -> int | None:
    """Return the living record of an identity number as typed; None when there is none.

    Raises ``Malformed`` when it is no number at all. Never tell a visitor what comes back: it is
    for those who may know that the person is here.
    """
    parsed = parse_identity(number, today=clock.business_day(clock.now()))
    with connection.cursor() as db:
        db.execute(
            "SELECT id FROM people_worker WHERE identity_hash = %s AND merged_into_id IS NULL",
            [sealing.lookup_hash("identity", parsed.number18)],
        )
        row = db.fetchone()
    return int(row[0]) if row else None


def find_workers_by_phone(phone: str, *, limit: int = LIST_LIMIT) -> list[int]:
    """Return the living records with this phone, the oldest first; a phone may be shared.

    Raises ``Malformed`` when it is no mobile number.
    """
    with connection.cursor() as db:
        db.execute(
            """SELECT id FROM people_worker
               WHERE phone_hash = %s AND merged_into_id IS NULL AND erased_at IS NULL
               ORDER BY id LIMIT %s""",
            [sealing.lookup_hash("phone", normalise_phone(phone)), limit],
        )
        return [row[0] for row in db.fetchall()]


def list_engagements(worker_id: int, *, only_on: date | None = None) -> list[EngagementRow]:
    """Return the jobs of a person, running ones first; with ``only_on`` those that run that day."""
    with connection.cursor() as db:
        db.execute(
            f"""SELECT {", ".join(_ENGAGEMENT_FIELDS)} FROM people_engagement
               WHERE worker_id = %(worker)s
                 AND (%(day)s::date IS NULL
                      OR coalesce(started_on, '-infinity') <= %(day)s
                         AND coalesce(ended_on, 'infinity') >= %(day)s)
               ORDER BY (ended_on IS NOT NULL), started_on DESC NULLS LAST, id DESC LIMIT %(n)s""",
            {"worker": worker_id, "day": only_on, "n": LIST_LIMIT},
        )
        return [_engagement_row(row) for row in db.fetchall()]


def _engagement_row(row: tuple[Any, ...]) -> EngagementRow:
    values = dict(zip(_ENGAGEMENT_FIELDS, row, strict=True))
    return EngagementRow(**values | {"relation": LabourRelation(values["relation"])})


def main_occupations(worker_ids: Sequence[int], *, on: date) -> dict[int, int]:
    """Return the occupation of the newest running job by person; who has none is left out."""
    with connection.cursor() as db:
        db.execute(
            """SELECT DISTINCT ON (worker_id) worker_id, occupation FROM people_engagement
               WHERE worker_id = ANY(%s) AND coalesce(ended_on, 'infinity') >= %s
               ORDER BY worker_id, started_on DESC NULLS LAST, id DESC""",
            [list(worker_ids), on],
        )
        return dict(db.fetchall())


def list_readings(
    worker_id: int, *, actor: Actor, limit: int = LIST_LIMIT, before: int | None = None
) -> list[records.ReadingRow]:
    """Return who read the person's number or phone, when and why, the newest first.

    The person himself, the auditor of his union and the audit administrator may ask; readings of
    records that were merged into his are among them. Raises ``NotFound`` or ``Forbidden``.
    """
    if not permissions.can(actor, "reading_log.own", worker_id):
        permissions.check_can(actor, "reading_log.view", worker_id)
    return list_readings_of(worker_id, limit=limit, before=before)


def list_readings_of(
    worker_id: int, limit: int = LIST_LIMIT, *, before: int | None = None
) -> list[records.ReadingRow]:
    """Return the readings of a person without asking who wants to know: the caller has checked."""
    return records.list_readings(record_ids_of(worker_id), limit=limit, before=before)


def name_search_condition(text: str, worker: str = "w") -> tuple[str, dict[str, Any]]:
    """Return an SQL condition on the alias ``worker`` for a searched name, and its values.

    One character finds the names that begin with it, more of them the names that hold them in a
    row. Uses the index of living records, so the condition holds only for those. A text that
    holds nothing to search for is true for all living records.
    """
    living = f"{worker}.merged_into_id IS NULL AND {worker}.erased_at IS NULL"
    plain = _plain(text)
    if not plain:
        return living, {}
    grams = ["^" + plain] if len(plain) == 1 else [plain[i : i + 2] for i in range(len(plain) - 1)]
    condition = f"{living} AND people_name_grams({worker}.name) @> %(name_grams)s::text[]"
    values: dict[str, Any] = {"name_grams": grams}
    if len(plain) > 2:
        # All pairs may be there without standing in a row: 张王张 has both pairs of 王张王.
        condition += f" AND people_name_plain({worker}.name) LIKE %(name_pattern)s"
        escaped = plain.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        values["name_pattern"] = f"%{escaped}%"
    return condition, values


def search_condition(text: str, worker: str = "w") -> tuple[str, dict[str, Any]]:
    """Return an SQL condition for what is typed into a search field: a number, a phone or a name.

    A whole identity number or phone is found by its keyed hash; the text itself never reaches the
    database then.
    """
    today = clock.business_day(clock.now())
    living = f"{worker}.merged_into_id IS NULL AND {worker}.erased_at IS NULL"
    try:
        number = parse_identity(text, today=today).number18
        wanted = {"searched_hash": sealing.lookup_hash("identity", number)}
        return f"{worker}.identity_hash = %(searched_hash)s AND {living}", wanted
    except Malformed:
        pass
    try:
        wanted = {"searched_hash": sealing.lookup_hash("phone", normalise_phone(text))}
        return f"{worker}.phone_hash = %(searched_hash)s AND {living}", wanted
    except Malformed:
        return name_search_condition(text, worker)


_SEPARATORS = str.maketrans("", "", " ·.-'")


def _plain(text: str) -> str:
    """Return a searched name as ``people_name_plain`` makes the stored ones."""
    return names.normalise_name(text)[: names.LONGEST].translate(_SEPARATORS).lower()
