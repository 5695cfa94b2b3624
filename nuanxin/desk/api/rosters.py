"""Rosters: dropped as a file or as rows, read by a job, confirmed by a second call."""

import csv
import io
import json
import re
from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Router, Schema, Status
from pydantic import ConfigDict, Field, ValidationError

from nuanxin.access.permissions import check, requires
from nuanxin.desk.api.paging import BIGINT_MOST, LINE, Number, actor_of, write_once
from nuanxin.desk.api.problems import HttpRefusal, fields_refused
from nuanxin.kernel import clock
from nuanxin.membership.actions import rosters
from nuanxin.membership.queries.rosters import BatchRow, get_batch_row
from nuanxin.membership.rules.limits import UPLOAD_LIMITS
from nuanxin.membership.states import BatchState
from nuanxin.membership.tasks import rosters as jobs
from nuanxin.orgs import queries as orgs
from nuanxin.records.actions import Answer

router = Router(tags=["rosters"])
ROWS_MOST = 5_000
UNION_LONGEST = 40
_HEADINGS = {
    "name": "姓名", "identity": "身份证号", "phone": "手机号",
    "employer": "单位", "occupation": "工种",
}  # fmt: skip
_Cell = Annotated[str, Field(max_length=120, pattern=LINE)]
BatchId = Annotated[int, Path(ge=1, le=BIGINT_MOST)]


class RosterRow(Schema):
    """One person as the employer's system has it; anything may be empty and is judged later."""

    model_config = ConfigDict(extra="forbid")

    name: _Cell
    identity: _Cell = ""
    phone: _Cell = ""
    employer: _Cell = ""
    occupation: _Cell = ""


class NewRoster(Schema):
    """A roster as rows."""

    model_config = ConfigDict(extra="forbid")

    union: Annotated[str, Field(min_length=1, max_length=UNION_LONGEST, pattern=LINE)]
    rows: Annotated[list[RosterRow], Field(min_length=1, max_length=ROWS_MOST)]


class Roster(Schema):
    """A batch: ``state`` and, by outcome, how many rows."""

    id: Number
    union: str
    state: str
    state_label: str
    rows: int
    done_rows: int
    totals: dict[str, int]
    failure: str
    created_at: datetime
    undo_until: datetime | None


_FORM = {
    "type": "object",
    "additionalProperties": False,
    "required": ["union", "file"],
    "properties": {
        "union": {"type": "string", "minLength": 1, "maxLength": UNION_LONGEST, "pattern": LINE},
        "file": {"type": "string", "format": "binary", "description": ".xlsx、.xls 或 .csv"},
    },
}


@router.post(
    "",
    response={202: Roster},
    summary="交一份名单",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/NewRoster"}},
                "multipart/form-data": {"schema": _FORM},
            },
        }
    },
)
@requires("roster.create")
def create_roster(request: HttpRequest) -> Any:
    """Take a roster for a union in the token's scope; a job reads it."""
    actor, now = actor_of(request), clock.now()
    code, name, content = _read(request)
    union = orgs.get_union_by_code(code)
    check(actor, "roster.create", path=union.path)

    def work() -> Answer:
        batch_id = rosters.open_batch(
            union_id=union.id, file_name=name, content=content, actor=actor, now=now
        )
        jobs.read_roster.defer(batch_id=batch_id)
        return Answer(202, _plain(get_batch_row(actor, batch_id)))

    sent = f"{union.code}\n{name}\n".encode() + content
    done = write_once(request, work, now=now, body=sent)
    return Status(done.status, done.body)


@router.get("/{batch_id}", response=Roster, summary="名单到哪一步了")
@requires("roster.view")
def get_roster(request: HttpRequest, batch_id: BatchId) -> Any:
    """Return the state and the totals."""
    return _plain(get_batch_row(actor_of(request), batch_id))


@router.post("/{batch_id}/confirm", response={202: Roster}, summary="名单办理生效")
@requires("roster.create")
def confirm_roster(request: HttpRequest, batch_id: BatchId) -> Any:
    """Let a previewed roster take effect."""
    actor, now = actor_of(request), clock.now()
    get_batch_row(actor, batch_id)

    def work() -> Answer:
        rosters.confirm_batch(batch_id=batch_id, actor=actor, now=now)
        jobs.run_roster.defer(batch_id=batch_id)
        return Answer(202, _plain(get_batch_row(actor, batch_id)))

    done = write_once(request, work, now=now)
    return Status(done.status, done.body)


def _read(request: HttpRequest) -> tuple[str, str, bytes]:
    """Return union code, file name and content of what was sent in either way."""
    if (request.content_type or "").startswith("multipart/"):
        return _read_form(request)
    try:
        sent = NewRoster.model_validate(json.loads(request.body), strict=True)
    except ValidationError as error:
        raise fields_refused(error.errors()) from None
    except (ValueError, RecursionError):
        raise HttpRefusal(400) from None
    return sent.union, "rows.csv", _as_csv(sent.rows)


def _read_form(request: HttpRequest) -> tuple[str, str, bytes]:
    faults: list[dict[str, Any]] = [
        {"loc": (name,), "type": "extra_forbidden"}
        for name in {*request.POST, *request.FILES} - {"union", "file"}
    ]
    union, upload = request.POST.get("union"), request.FILES.get("file")
    if not union or upload is None:
        faults += [
            {"loc": (name,), "type": "missing"}
            for name, sent in (("union", union), ("file", upload))
            if not sent
        ]
        raise fields_refused(faults)
    if len(union) > UNION_LONGEST or not re.match(LINE, union):
        faults.append({"loc": ("union",), "type": "string_pattern_mismatch"})
    if faults:
        raise fields_refused(faults)
    if (upload.size or 0) > UPLOAD_LIMITS.file_bytes:
        raise HttpRefusal(413)
    return union, str(upload.name or "roster"), upload.read()


def _as_csv(rows: list[RosterRow]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(_HEADINGS.values())
    writer.writerows([getattr(row, name) for name in _HEADINGS] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _plain(batch: BatchRow) -> dict[str, Any]:
    return {
        "id": batch.id,
        "union": batch.union_code,
        "state": BatchState(batch.state).name.lower(),
        "state_label": batch.state_label,
        "rows": batch.rows_count,
        "done_rows": batch.done_rows,
        "totals": batch.totals,
        "failure": batch.failure,
        "created_at": batch.created_at.isoformat(),
        "undo_until": batch.undo_until.isoformat() if batch.undo_until else None,
    }
