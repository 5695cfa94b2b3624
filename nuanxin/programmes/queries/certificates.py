"""Certificates: who has earned one, one's own, and what anybody learns who holds a number."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import NotFound
from nuanxin.orgs.queries.rows import fetch_all
from nuanxin.programmes.queries.desk import DeskOffer, get_desk_offer
from nuanxin.programmes.rules.publicity import masked_name

PAGE_LIMIT = 100


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """A certificate as everybody may see it who holds its number; the name is masked."""

    number: str
    title: str
    masked_name: str
    union_name: str
    issued_on: date
    attended: int
    sessions: int
    revoked_on: date | None
    revoked_reason: str


@dataclass(frozen=True, slots=True)
class OwnCertificate:
    """A certificate as its holder sees and prints it."""

    row: CertificateRow
    name: str


@dataclass(frozen=True, slots=True)
class EarnedRow:
    """Somebody who came often enough; ``number`` is "" where none was issued."""

    id: int
    name: str
    attended: int
    sessions: int
    number: str
    is_revoked: bool


@dataclass(frozen=True, slots=True)
class Certificates:
    """The desk's page of an offer; ``following`` is where its next page begins.

    ``to_issue`` have earned one and have none.
    """

    offer: DeskOffer
    to_issue: int
    issued: int
    rows: tuple[EarnedRow, ...]
    following: int | None


EARNED = """
SELECT a.id, a.worker_id, count(DISTINCT s.id) FILTER (WHERE here.came) AS attended,
       count(DISTINCT s.id) AS sessions
FROM programmes_application a
JOIN programmes_booking b ON b.application_id = a.id AND b.ended_at IS NULL
JOIN programmes_session s ON s.id = b.session_id AND s.ends_at <= %(now)s
CROSS JOIN LATERAL (
    SELECT coalesce(sum(t.times) FILTER (WHERE t.kind IN (1, 2)), 0) > 0 AS came
    FROM programmes_attendance t WHERE t.booking_id = b.id) here
WHERE a.offer_id = %(offer)s AND a.state = 4
  AND NOT EXISTS (SELECT 1 FROM programmes_booking x JOIN programmes_session y ON y.id = x.session_id
                  WHERE x.application_id = a.id AND x.ended_at IS NULL AND y.ends_at > %(now)s)
GROUP BY a.id
HAVING count(DISTINCT s.id) FILTER (WHERE here.came) * 100 >= count(DISTINCT s.id) * %(percent)s
"""
"""Who has earned a certificate: all his sessions are over and he came to enough of them."""
_COUNTS = f"""
SELECT (SELECT count(*) FROM ({EARNED}) earned
        WHERE NOT EXISTS (SELECT 1 FROM programmes_certificate c WHERE c.application_id = earned.id)),
       (SELECT count(*) FROM programmes_certificate c
        JOIN programmes_application a ON a.id = c.application_id
        WHERE a.offer_id = %(offer)s AND c.revoked_at IS NULL)
"""
_ROWS = f"""
SELECT a.id, w.name, coalesce(c.attended, e.attended), coalesce(c.sessions, e.sessions),
       coalesce(c.number, ''), c.revoked_at IS NOT NULL
FROM programmes_application a JOIN people_worker w ON w.id = a.worker_id
LEFT JOIN ({EARNED}) e ON e.id = a.id
LEFT JOIN programmes_certificate c ON c.application_id = a.id
WHERE a.offer_id = %(offer)s AND a.id > %(after)s AND (e.id IS NOT NULL OR c.id IS NOT NULL)
ORDER BY a.id LIMIT %(limit)s
"""
_COLUMNS = """
SELECT c.number, o.title, w.name, coalesce(nullif(u.short_name, ''), u.name), c.issued_at, c.attended,
       c.sessions, c.revoked_at, c.revoked_reason
FROM programmes_certificate c
JOIN programmes_application a ON a.id = c.application_id
JOIN programmes_offer o ON o.id = a.offer_id
JOIN orgs_union u ON u.id = o.union_id
JOIN people_worker w ON w.id = a.worker_id
"""


def get_certificates(
    offer_id: int, *, percent: int, actor: Actor, now: datetime, after: int = 0
) -> Certificates:
    """Return who of an offer has earned a certificate, and who has it; raise ``NotFound``."""
    offer = get_desk_offer(offer_id, actor=actor)
    values = {"offer": offer_id, "percent": percent, "now": now}
    to_issue, issued = fetch_all(_COUNTS, values)[0]
    rows = fetch_all(_ROWS, values | {"after": after, "limit": PAGE_LIMIT + 1})
    return Certificates(
        offer=offer,
        to_issue=int(to_issue),
        issued=int(issued),
        rows=tuple(EarnedRow(*row) for row in rows[:PAGE_LIMIT]),
        following=rows[PAGE_LIMIT - 1][0] if len(rows) > PAGE_LIMIT else None,
    )


def get_certificate(number: str) -> CertificateRow:
    """Return what anybody may know who holds the number; raise ``NotFound``."""
    rows = fetch_all(f"{_COLUMNS} WHERE c.number = %(number)s", {"number": number.upper()})
    if not rows:
        raise NotFound(
            "programmes.no_certificate",
            "没有这个编号的结业证。编号是 10 位字母和数字，没有 0、O、1、I，请对着证书再看一遍。",
        )
    return _row(rows[0])


def list_my_certificates(worker_id: int) -> list[CertificateRow]:
    """Return one's own, the latest first."""
    statement = f"{_COLUMNS} WHERE a.worker_id = %(worker)s ORDER BY c.id DESC LIMIT 50"
    return [_row(row) for row in fetch_all(statement, {"worker": worker_id})]


def get_own_certificate(number: str, *, worker_id: int) -> OwnCertificate:
    """Return one's own certificate for printing; raise ``NotFound`` for anybody else's."""
    statement = f"{_COLUMNS} WHERE c.number = %(number)s AND a.worker_id = %(worker)s"
    rows = fetch_all(statement, {"number": number, "worker": worker_id})
    if not rows:
        raise NotFound()
    return OwnCertificate(_row(rows[0]), rows[0][2])


def _row(row: Any) -> CertificateRow:
    return CertificateRow(
        number=row[0],
        title=row[1],
        masked_name=masked_name(row[2]),
        union_name=row[3],
        issued_on=business_day(row[4]),
        attended=row[5],
        sessions=row[6],
        revoked_on=business_day(row[7]) if row[7] else None,
        revoked_reason=row[8],
    )
