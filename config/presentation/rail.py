"""The rail of the desk: the rooms that exist, and that the person's posts open."""

from typing import Any

from django.http import HttpRequest

from config.presentation.addresses import address_of
from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day, now
from nuanxin.programmes.queries.reviews import count_waiting

# section, name of the address, words, right, icon
ROOMS = (
    ("办事", "desk-home", "待办", "desk.open"),
    ("办事", "desk-review", "入会审核", "membership.decide"),
    ("办事", "desk-rosters", "集体入会", "roster.view"),
    ("办事", "desk-ceremonies", "入会仪式", "roster.create"),
    ("办事", "desk-members", "会员", "membership.list"),
    ("办事", "desk-duplicates", "疑似重复", "person.merge"),
    ("办事", "desk-stations", "驿站", "station.list"),
    ("办事", "desk-inspections", "驿站检查", "station.list"),
    ("办事", "desk-selections", "最美驿站", "station.list"),
    ("办事", "desk-offers", "服务项目", "programme.view"),
    ("办事", "desk-definitions", "有哪些服务", "definition.view"),
    ("办事", "desk-rules", "服务的条件", "rule.view"),
    ("办事", "desk-camps", "托管班", "camp.view"),
    ("办事", "desk-notices", "公示", "programme.view"),
    ("办事", "desk-proofs", "工作证明", "attestation.view"),
    ("办事", "desk-proofs-asked", "请我证明的", "attestation.answer"),
    ("办事", "desk-help", "代办", "help.act"),
    ("办事", "desk-help-acts", "代办记录", "help.view"),
    ("办事", "desk-payments", "发放", "payment.view"),
    ("办事", "desk-human-reviews", "请人看看", "human_review.view"),
    ("办事", "desk-forfeits", "取消资格", "programme.view"),
    ("办事", "desk-no-shows", "约了没来", "programme.view"),
    ("办事", "desk-station-coverage", "驿站服务圈", "station.coverage"),
    ("办事", "desk-siting", "驿站选址", "station.plan"),
    ("组织", "desk-tree", "工会", "org_unit.manage"),
    ("组织", "desk-overview", "概览", "membership.count"),
    ("组织", "figures", "数读", "desk.open"),
    ("组织", "desk-reports", "写报告", "report.view"),
    ("组织", "desk-draft", "核稿", "draft.check"),
    ("组织", "desk-publications", "发布", "figure.drafts"),
    ("组织", "desk-denominators", "分母", "figure.drafts"),
    ("管理", "desk-posts", "职务", "post.view"),
    ("管理", "desk-tokens", "接口令牌", "api_token.manage"),
    ("管理", "desk-accounts", "账号", "account.manage"),
    ("管理", "desk-events", "操作记录", "event_log.view"),
    ("管理", "desk-matrix", "权限表", "desk.open"),
)

# Who finds anything with the search field of the bar.
SEARCHERS = ("membership.list", "org_unit.manage")


def desk_rail(request: HttpRequest) -> dict[str, Any]:
    """Return the rail for a guarded page of the desk; nothing anywhere else."""
    requirement = getattr(request, "access_requirement", None)
    if not request.path.startswith("/desk/") or requirement is None or requirement.is_public:
        return {}
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rows = [
        {"section": section, "label": label, "url": url, "active": _is_here(request.path, url)}
        for section, name, label, right in ROOMS
        if (url := address_of(name)) and policy.holds(actor, right)
    ]
    _count(rows, actor, request)
    may_search = any(policy.holds(actor, right) for right in SEARCHERS)
    search = address_of("desk-search") if may_search else ""
    return {
        "desk_nav": _only_the_longest(rows),
        "desk_home_url": address_of("desk-home"),
        "search_url": search,
    }


def _count(rows: list[dict[str, Any]], actor: Actor, request: HttpRequest) -> None:
    """Say beside 请人看看 how many wait: where one looks at what waits, no other page pays for it."""
    url = address_of("desk-human-reviews")
    if request.path not in (address_of("desk-home"), url):
        return
    for row in rows:
        if row["url"] == url:
            row["count"] = count_waiting(actor=actor, today=business_day(now())).count


def _is_here(path: str, url: str) -> bool:
    return path == url or (url != "/desk/" and path.startswith(url))


def _only_the_longest(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Mark one room only: of several that fit, the one with the longest address."""
    fitting = [row for row in rows if row["active"]]
    if fitting:
        longest = max(fitting, key=lambda row: len(row["url"]))
        for row in fitting:
            row["active"] = row is longest
    return rows
