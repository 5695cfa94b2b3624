"""Asking to join through a host app: written only, nothing is read back but the receipt's kind."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import ConfigDict, Field

from nuanxin.access.permissions import requires, scope_paths
from nuanxin.desk.api.figures import OccupationCode
from nuanxin.desk.api.paging import LINE, actor_of, write_once
from nuanxin.desk.api.throttle import JOIN_THROTTLE
from nuanxin.kernel import clock
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import NotFound
from nuanxin.membership.actions import join
from nuanxin.membership.actions.confirm import NEEDED_CONSENTS
from nuanxin.membership.rules.receipts import Receipt
from nuanxin.membership.states import Channel
from nuanxin.orgs import queries as orgs
from nuanxin.records.actions import Answer

router = Router(tags=["applications"])


class NewApplication(Schema):
    """A person's request. The host has confirmed the phone by a code and shown both consents."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=60, pattern=LINE)]
    identity: Annotated[str, Field(min_length=15, max_length=24, pattern=LINE)]
    phone: Annotated[str, Field(min_length=11, max_length=20, pattern=LINE)]
    union: Annotated[str, Field(min_length=1, max_length=40, pattern=LINE)]
    occupations: Annotated[list[OccupationCode], Field(min_length=1, max_length=6)]
    place: Annotated[str, Field(max_length=120, pattern=LINE)] = ""
    phone_confirmed: Literal[True]
    consents: Literal["joining+identity_number"] = Field(
        description="本人看过并同意了两份告知：入会和会籍管理、核验身份证号"
    )


class ApplicationReceipt(Schema):
    """What becomes of it: ``kind`` is stable, ``title`` its Chinese words."""

    kind: str
    title: str
    is_taken: bool
    due_on: date | None


@router.post(
    "",
    response={201: ApplicationReceipt},
    summary="提交入会申请",
    throttle=JOIN_THROTTLE,
)
@requires("membership.create")
def create_application(request: HttpRequest, sent: NewApplication) -> Any:
    """Ask to join a union in the token's scope."""
    actor, now = actor_of(request), clock.now()

    def work() -> Answer:
        receipt = _submit(sent, actor, now)
        due = receipt.due_on.isoformat() if receipt.due_on and receipt.is_taken else None
        body = {
            "kind": receipt.kind.value,
            "title": receipt.kind.label,
            "is_taken": receipt.is_taken,
            "due_on": due,
        }
        return Answer(201, body)

    done = write_once(request, work, now=now, is_one_statement=True)
    return Status(done.status, done.body)


def _submit(sent: NewApplication, actor: Actor, now: datetime) -> Receipt:
    """Submit under the code as sent; where there is none such, under the one that was meant."""
    scope = scope_paths(actor, "membership.create")

    def submit(code: str) -> Receipt:
        return join.submit_application(
            name=sent.name,
            identity=sent.identity,
            phone=sent.phone,
            union_code=code,
            channel=Channel.ONLINE,
            occupations=tuple(dict.fromkeys(str(one) for one in sent.occupations)),
            work_adcode=None,
            place_stated=sent.place,
            consents=NEEDED_CONSENTS,
            actor=actor,
            now=now,
            via="api",
            within=scope,
        )

    try:
        return submit(sent.union)
    except NotFound:
        meant = orgs.get_union_by_code(sent.union).code
        if meant == sent.union:
            raise
        return submit(meant)
