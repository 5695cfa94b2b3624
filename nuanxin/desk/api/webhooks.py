"""Webhooks of a token: subscribe, list, stop. The secret is shown in the first answer only."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Path, Router, Schema, Status
from pydantic import ConfigDict, Field

from nuanxin.access.permissions import requires
from nuanxin.desk.api.paging import (
    BIGINT_MOST,
    LINE,
    actor_of,
    page,
    token_id_of,
    write_once,
)
from nuanxin.kernel import clock
from nuanxin.notices import actions, queries
from nuanxin.records.actions import Answer

router = Router(tags=["webhooks"])
RIGHT = "webhook.manage"


class NewWebhook(Schema):
    """Where to tell, and of what."""

    model_config = ConfigDict(extra="forbid")

    url: Annotated[str, Field(min_length=1, max_length=400, pattern=LINE)]
    kinds: Annotated[
        list[Literal["membership.approved", "roster.done", "stations.state_changed"]],
        Field(min_length=1, max_length=3),
    ]


class Webhook(Schema):
    """A subscription; ``secret`` stands in the first answer to making it, and nowhere else."""

    id: int
    url: str
    kinds: list[str]
    created_at: datetime
    secret: str | None = None


class Webhooks(Schema):
    """A page of subscriptions."""

    items: list[Webhook]
    next: str | None


@router.post("", response={201: Webhook}, summary="订阅回调")
@requires(RIGHT)
def create_webhook(request: HttpRequest, sent: NewWebhook) -> Any:
    """Subscribe for the token's own union; the secret is never kept in clear."""
    actor, now, token_id = actor_of(request), clock.now(), token_id_of(request)
    union_id = actor.grants[0].union_id
    assert union_id is not None
    secret: str | None = None

    def work() -> Answer:
        nonlocal secret
        made = actions.subscribe_webhook(
            token_id=token_id,
            union_id=union_id,
            url=sent.url,
            kinds=sent.kinds,
            actor=actor,
            now=now,
        )
        secret = made.secret
        return Answer(201, {"id": made.webhook_id})

    done = write_once(request, work, now=now)
    row = queries.get_webhook(int(done.body["id"]), actor=actor)
    return Status(done.status, _plain(row) | {"secret": secret})


@router.get("", response=Webhooks, summary="订阅了哪些")
@requires(RIGHT)
def list_webhooks(request: HttpRequest) -> Any:
    """Return the newest subscriptions in the token's scope, on one page."""
    return page([_plain(one) for one in queries.list_webhooks(actor=actor_of(request))], None)


@router.delete("/{webhook_id}", response={204: None}, summary="停掉一个订阅")
@requires(RIGHT)
def delete_webhook(
    request: HttpRequest, webhook_id: Annotated[int, Path(ge=1, le=BIGINT_MOST)]
) -> Any:
    """Stop a subscription of this token."""
    actions.drop_webhook(webhook_id=webhook_id, actor=actor_of(request), now=clock.now())
    return Status(204, None)


def _plain(row: queries.WebhookRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "url": row.url,
        "kinds": list(row.kinds),
        "created_at": row.created_at,
    }
