"""Requests that may come twice: the same key and body have one effect and one answer."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable, QueryCanceled
from psycopg.types.json import Jsonb

from nuanxin.kernel import clock, parameters, sealing
from nuanxin.kernel.errors import Conflict, Malformed
from nuanxin.records.states import IDEMPOTENCY_KEY_LONGEST

_CLAIM = """
INSERT INTO records_idempotentrequest (client, key, body_digest, created_at)
VALUES (%s, %s, %s, %s) ON CONFLICT (client, key) DO NOTHING RETURNING id
"""
# A replay writes too (the row onto itself), so that it waits for replication like the first did.
_RECALL = """
UPDATE records_idempotentrequest SET status = status
WHERE client = %s AND key = %s RETURNING body_digest, status, answer
"""
_KEEP = "UPDATE records_idempotentrequest SET status = %s, answer = %s WHERE id = %s"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is given back: an HTTP status and plain JSON. ``is_replay``: from an earlier request."""

    status: int
    body: Any
    is_replay: bool = False


def run_once(
    *, client: str, key: str, body: bytes, now: datetime, work: Callable[[], Answer]
) -> Answer:
    """Run ``work`` once for this client, key and body; give the kept answer to every repetition.

    The key, the work's effect and its answer commit together: whatever ``work`` raises leaves
    nothing behind, and the client may try again. A repetition that comes while the first still
    runs waits for it, as long as the connection's lock timeout allows.
    Raises ``Conflict`` idempotency.other_body when the key came with another body before,
    ``Conflict`` idempotency.in_progress when the first has not ended in time, and ``Malformed``
    idempotency.key for an empty or overlong key.
    """
    if not key or len(key) > IDEMPOTENCY_KEY_LONGEST or not key.isprintable():
        raise Malformed(
            "idempotency.key",
            f"幂等键（Idempotency-Key）要有 1 到 {IDEMPOTENCY_KEY_LONGEST} 个可见字符。",
        )
    digest = _digest_of(body)
    with transaction.atomic():
        claimed = _claim(client, key, digest, now)
        if claimed is None:
            return _recall(client, key, digest)
        answer = work()
        kept: list[Any] = [answer.status, Jsonb(answer.body), claimed]
        with connection.cursor() as db:
            db.execute(_KEEP, kept)
        return answer


def forget_old_requests(now: datetime, *, limit: int = 10_000) -> int:
    """Delete keys older than the parameter records.idempotency_hours; return how many."""
    hours = parameters.parameter(
        "records.idempotency_hours", adcode=parameters.NATION, on=clock.business_day(now)
    ).value
    with connection.cursor() as db:
        db.execute(
            """DELETE FROM records_idempotentrequest WHERE id IN (
                   SELECT id FROM records_idempotentrequest WHERE created_at < %s
                   ORDER BY created_at LIMIT %s FOR UPDATE SKIP LOCKED)""",
            [now - timedelta(hours=float(hours)), limit],
        )
        return int(db.rowcount)


def _digest_of(body: bytes) -> bytes:
    # Keyed: a body may hold little more than an identity number, which a bare hash would give away.
    return sealing.lookup_hash("idempotent_body", hashlib.sha256(body).hexdigest()).bytes


def _claim(client: str, key: str, digest: bytes, now: datetime) -> int | None:
    """Return the id of the claimed key, None when it was used before; waits for a running one."""
    try:
        with connection.cursor() as db:
            db.execute(_CLAIM, [client, key, digest, now])
            row = db.fetchone()
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable | QueryCanceled):
            raise Conflict(
                "idempotency.in_progress",
                "同一个请求正在办理，还没有结果。请过几秒用同一个幂等键再发一次。",
            ) from error
        raise
    return int(row[0]) if row else None


def _recall(client: str, key: str, digest: bytes) -> Answer:
    with connection.cursor() as db:
        db.execute(_RECALL, [client, key])
        kept_digest, status, answer = db.fetchone()
    if bytes(kept_digest) != digest:
        raise Conflict(
            "idempotency.other_body",
            "这个幂等键已经用在另一份内容上了。内容变了就要换一个新的幂等键。",
        )
    return Answer(status, json.loads(answer) if isinstance(answer, str) else answer, True)
