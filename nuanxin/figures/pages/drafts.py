"""核稿 on the desk: paste or upload a draft, see which numbers hold. Nothing of it is kept."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.figures.forms.drafts import DraftForm
from nuanxin.figures.queries.drafts import check_with_figures, home_region
from nuanxin.figures.rules.claims import Checked, Report, Verdict, telling
from nuanxin.kernel import clock
from nuanxin.kernel.actor import Actor

MOST_SHOWN = 300
"""So many claims are listed in each part of the page."""
_LONGEST_TITLE = 40
_CSS = {
    Verdict.AGREES: "ok",
    Verdict.WITHIN: "ok",
    Verdict.CONTRADICTS: "no",
    Verdict.DIFFERS: "care",
    Verdict.UNIT_MISMATCH: "care",
    Verdict.PERIOD_MISSING: "un",
    Verdict.UNKNOWN: "un",
}
_STATES = {
    Verdict.CONTRADICTS: "stop",
    Verdict.DIFFERS: "care",
    Verdict.UNIT_MISMATCH: "care",
}


@requires("draft.check")
@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: HttpRequest) -> HttpResponse:
    """Ask for a draft, or show what its check found."""
    actor: Actor = actor_of(request)
    if request.method == "POST":
        form = DraftForm(request.POST, request.FILES)
    else:
        form = DraftForm(initial={"region": str(home_region(actor))})
    if not form.is_valid():
        return _asking(request, form)
    now = clock.now()
    report = check_with_figures(
        form.draft(),
        references=form.cleaned_data["against"],
        region=int(form.cleaned_data["region"]),
        now=now,
    )
    today = clock.business_day(now).isoformat()
    return render(request, "figures/draft_checked.html", _context(report, today))


def _asking(request: HttpRequest, form: DraftForm) -> HttpResponse:
    context = {
        "page_title": "核稿",
        "page_lead": "把稿子贴进来，里面的数逐个对一遍：和数读对，和对照表对，同一篇里前后也对。",
        "form": form,
        "file_error": (form.errors.get("file") or [""])[0],
        "against_error": (form.errors.get("against") or [""])[0],
    }
    return render(request, "figures/draft.html", context, status=422 if form.errors else 200)


def _context(report: Report, today: str) -> dict[str, Any]:
    look = telling.of_verdicts(report, telling.LOOK_AT)
    fine = telling.of_verdicts(report, telling.FINE)
    unknown = telling.of_verdicts(report, (telling.UNKNOWN,))
    title = _title_of(report)
    return {
        "page_title": f"核稿：《{title}》" if title else "核稿",
        "page_lead": f"{len(report.draft.text):,} 字 · {telling.summary(report)}",
        "again_url": reverse("desk-draft"),
        "title": title,
        "paragraphs": _paragraphs(report)[1 if title else 0 :],
        "legend": [
            {"css": "ok", "line": "实线", "words": "一致"},
            {"css": "no", "line": "双线", "words": "与另一处矛盾"},
            {"css": "care", "line": "虚线", "words": "数或单位不一样"},
            {"css": "un", "line": "点线", "words": "没写时间段，或这里查不到"},
        ],
        "tabs": [
            {"label": "要看的", "url": "#look", "count": len(look), "active": True},
            *_other_tabs(len(fine), len(unknown)),
        ],
        "verdicts": [_verdict(number, one) for number, one in look[:MOST_SHOWN]],
        "fine": [_fine_row(number, one) for number, one in fine[:MOST_SHOWN]],
        "unknown": [_unknown_row(number, one) for number, one in unknown[:MOST_SHOWN]],
        "fine_count": len(fine),
        "unknown_count": len(unknown),
        "today": today,
        "most": MOST_SHOWN if max(len(look), len(fine), len(unknown)) > MOST_SHOWN else 0,
    }


def _other_tabs(fine: int, unknown: int) -> list[dict[str, Any]]:
    tabs = (("一致", "#fine", fine), ("这里查不到", "#unknown", unknown))
    return [
        {"label": label, "url": url, "count": count, "active": False}
        for label, url, count in tabs
        if count
    ]


def _title_of(report: Report) -> str:
    first = next((line.strip() for line in report.draft.text.split("\n") if line.strip()), "")
    is_title = 0 < len(first) <= _LONGEST_TITLE and first[-1] not in "。，；：！？"
    has_claim = bool(report.claims) and report.claims[0].claim.start < report.draft.text.index(
        first
    ) + len(first)
    return first.strip("《》") if is_title and not has_claim else ""


def _paragraphs(report: Report) -> list[list[dict[str, Any]]]:
    """Return the draft as lines of pieces: plain text, or a claim with its number and colour."""
    text = report.draft.text
    paragraphs: list[list[dict[str, Any]]] = []
    claims = list(enumerate(report.claims, start=1))
    offset = index = 0
    for line in text.split("\n"):
        end, here = offset + len(line), offset
        pieces: list[dict[str, Any]] = []
        while index < len(claims) and claims[index][1].claim.start < end:
            number, one = claims[index]
            stop = min(one.claim.end, end)
            pieces.append({"text": text[here : one.claim.start]})
            pieces.append(
                {"text": text[one.claim.start : stop], "number": number, "css": _CSS[one.verdict]}
            )
            here, index = stop, index + 1
        pieces.append({"text": text[here:end]})
        if line.strip():
            paragraphs.append(pieces)
        offset = end + 1
    return paragraphs


def _verdict(number: int, one: Checked) -> dict[str, Any]:
    words = "，".join(
        filter(None, (one.claim.text, one.claim.what, one.claim.period or "没写时间"))
    )
    facts = [{"label": "稿中", "value": words}]
    facts += [
        {"label": telling.place_of(against), "value": telling.sentence_of(against)}
        for against in one.against
    ]
    if gap := telling.difference(one):
        facts.append({"label": "差", "value": gap})
    return {
        "number": number,
        "state": one.verdict.label,
        "kind": _STATES.get(one.verdict, ""),
        "headline": telling.headline(one),
        "place": f"第 {one.line} 行",
        "facts": facts,
        "advice": telling.advice(one),
    }


def _fine_row(number: int, one: Checked) -> dict[str, Any]:
    against = next((a for a in one.against if a.kind != "draft"), None)
    return {
        "number": number,
        "text": one.claim.text,
        "label": against.label if against else one.claim.what,
        "source": telling.place_of(against) if against else "",
        "value": telling.number_of(against) if against else "",
        "note": one.verdict.label if one.verdict is Verdict.WITHIN else "",
    }


def _unknown_row(number: int, one: Checked) -> dict[str, Any]:
    twins = [a for a in one.against if a.kind == "draft"]
    return {
        "number": number,
        "text": one.claim.text,
        "label": one.claim.what,
        "line": one.line,
        "twins": "，".join(f"{telling.place_of(twin)}也是这个数" for twin in twins[:3]),
    }
