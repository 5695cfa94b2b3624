"""Taking a list of members away: masked, with a purpose, and it is kept who took it."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.kernel import clock, policy
from nuanxin.kernel.errors import Malformed, NotFound
from nuanxin.membership.actions.export import export_members
from nuanxin.membership.forms.member_sheet import csv_lines, workbook
from nuanxin.membership.pages.members import filter_of, words_of_filter
from nuanxin.membership.queries.members import EXPORT_LIMIT, MemberRow
from nuanxin.orgs import queries as orgs
from nuanxin.orgs.queries import UnionRow

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@requires("membership.export")
@require_http_methods(["GET", "HEAD", "POST"])
def member_export(request: HttpRequest) -> HttpResponseBase:
    """Ask what for, then give the list as a workbook or as CSV."""
    actor = actor_of(request)
    asked = request.POST if request.method == "POST" else request.GET
    union = _union_asked(actor, asked.get("union", ""))
    only, kept = filter_of(asked)
    error, status = "", 200
    if request.method == "POST":
        try:
            rows = export_members(
                union_id=union.id,
                only=only,
                purpose=request.POST.get("purpose", ""),
                actor=actor,
                now=clock.now(),
            )
        except Malformed as refusal:
            error, status = refusal.message, refusal.status
        else:
            return _file(rows, union, is_csv=request.POST.get("do") == "csv")
    context = {
        "page_title": "导出会员名单",
        "page_lead": f"{union.name}和它下面的，证件号和手机号是掩码的。",
        "crumbs": [
            {
                "label": "会员",
                "url": f"{reverse('desk-members')}?{urlencode({'union': union.code})}",
            },
            {"label": "导出"},
        ],
        "chosen": [words for _, words in words_of_filter(kept)],
        "kept": [{"name": name, "value": value} for name, value in kept.items()]
        + [{"name": "union", "value": union.code}],
        "purpose": request.POST.get("purpose", ""),
        "purpose_error": error,
        "most": EXPORT_LIMIT,
        "back_url": f"{reverse('desk-members')}?{urlencode(kept | {'union': union.code})}",
    }
    return render(request, "membership/members/export.html", context, status=status)


def _union_asked(actor: Any, code: str) -> UnionRow:
    if code:
        union = orgs.get_union_by_code(code)
        policy.check(actor, "membership.export", path=union.path)
        return union
    paths = policy.scope_paths(actor, "membership.export")
    if not paths or paths[0] == policy.EVERYWHERE:
        raise NotFound()
    return orgs.get_union(int(paths[0].rstrip("/").rsplit("/", 1)[-1]))


def _file(rows: Iterable[MemberRow], union: UnionRow, *, is_csv: bool) -> HttpResponseBase:
    day = clock.business_day(clock.now()).isoformat()
    answer: HttpResponseBase
    if is_csv:
        answer = StreamingHttpResponse(_encoded(rows), content_type="text/csv; charset=utf-8")
    else:
        answer = HttpResponse(workbook(rows), content_type=_XLSX)
    kind = "csv" if is_csv else "xlsx"
    answer["Content-Disposition"] = f'attachment; filename="members-{union.code}-{day}.{kind}"'
    return answer


def _encoded(rows: Iterable[MemberRow]) -> Iterator[bytes]:
    yield b"\xef\xbb\xbf"
    for line in csv_lines(rows):
        yield line.encode()
