"""API tokens: made, shown once, taken back."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from nuanxin.access import actions, forms, queries, rules
from nuanxin.access.pages.asking import actor_of, today, union_asked
from nuanxin.access.permissions import requires
from nuanxin.access.queries import TokenRow
from nuanxin.access.states import RIGHT_WORDS
from nuanxin.kernel import clock
from nuanxin.kernel.errors import Malformed, Refusal


@requires("api_token.manage")
@require_GET
def token_list(request: HttpRequest) -> HttpResponse:
    """List the tokens of the unions that the reader keeps tokens for."""
    tokens = queries.list_tokens(actor_of(request))
    context = {
        "page_title": "接口令牌",
        "page_lead": "别的系统拿令牌来交名单、查数。令牌只给一个工会的范围，到期就停。",
        "tokens": [_row(token) for token in tokens],
        "has_tokens": bool(tokens),
    }
    return render(request, "access/token_list.html", context)


@requires("api_token.manage")
@require_http_methods(["GET", "HEAD", "POST"])
def token_new(request: HttpRequest) -> HttpResponse:
    """Make a token and show it, this once."""
    actor = actor_of(request)
    initial = {"valid_to": rules.months_after(today(), 12)}
    rights = [(right, RIGHT_WORDS.get(right, right)) for right in queries.rights_for_tokens()]
    form = forms.TokenForm(request.POST or None, rights=rights, initial=initial)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            made = _make(form.cleaned_data, actor)
        except Refusal as refusal:
            form.add_error(_FIELDS.get(refusal.code), refusal.message)
            status = refusal.status
        else:
            shown: dict[str, Any] = {
                "page_title": "令牌做好了，只显示这一次",
                "crumbs": [{"label": "接口令牌", "url": reverse("desk-tokens")}],
                "token": made.token,
            }
            return render(request, "access/token_made.html", shown)
    context = {
        "page_title": "新做一个令牌",
        "crumbs": [{"label": "接口令牌", "url": reverse("desk-tokens")}],
        "form": form,
    }
    return render(request, "access/token_new.html", context, status=status)


@requires("api_token.manage")
@require_POST
def token_revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    """Take a token back."""
    actions.revoke_token(token_id=token_id, actor=actor_of(request), now=clock.now())
    return HttpResponseRedirect(reverse("desk-tokens"))


# ---- inside -----------------------------------------------------------------------------------

_FIELDS = {
    "access.token_without_label": "label",
    "access.no_such_union": "union_code",
    "access.token_rights": "rights",
    "access.token_term": "valid_to",
}


def _make(given: dict[str, Any], actor: Any) -> actions.NewToken:
    union_id = union_asked(actor, given["union_code"], "api_token.manage")
    union = queries.find_union_by_code(given["union_code"])
    if union_id is None or union is None:
        raise Malformed("access.no_such_union", "您管的范围里没有这个编码的工会。请再核对一下。")
    return actions.create_token(
        label=given["label"],
        union_id=union.id,
        union_path=union.path,
        rights=given["rights"],
        valid_to=given["valid_to"],
        actor=actor,
        now=clock.now(),
    )


def _row(token: TokenRow) -> dict[str, Any]:
    now = clock.now()
    is_live = token.is_live(now)
    used = f"最近 {token.last_used_on} 用过" if token.last_used_on else "还没有用过"
    return {
        "id": token.id,
        "label": token.label,
        "hint": f"{token.hint}…",
        "union": token.union_name,
        "rights": "、".join(RIGHT_WORDS.get(right, right) for right in token.rights),
        "until": clock.business_day(token.expires_at),
        "used": used,
        "is_live": is_live,
        "state": "可用" if is_live else ("已收回" if token.revoked_at else "已到期"),
        "look": "ok" if is_live else "stop",
    }
