"""The list of open data, so that catalogues of other houses find it: DCAT-AP as JSON-LD."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from nuanxin.access.permissions import public
from nuanxin.figures.models import Publication
from nuanxin.figures.pages.pictures import CHARTS
from nuanxin.figures.pages.published import period_words
from nuanxin.figures.queries import list_figures
from nuanxin.figures.queries.publications import list_published
from nuanxin.figures.states import PublicationState
from nuanxin.kernel import clock

_CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_KINDS = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}
_BEGAN = "2018-01-01"
PROVINCE = 330000


@public
@require_safe
def catalogue(request: HttpRequest) -> JsonResponse:
    """Give the catalogue: the live numbers in every format, the charts, and the latest publications."""
    home = settings.PUBLIC_ADDRESS.rstrip("/")
    publisher = {"@type": "foaf:Agent", "foaf:name": "浙江省总工会"}
    document = {
        "@context": _CONTEXT,
        "@id": f"{home}{reverse('figures-dcat')}",
        "@type": "dcat:Catalog",
        "dct:title": _zh("数读"),
        "dct:description": _zh("新就业形态劳动者加入工会的数"),
        "dct:publisher": publisher,
        "dcat:dataset": [
            _dataset(home, publisher),
            _stations(home, publisher),
            *(_publication(one, home, publisher) for one in list_published(after="").items),
        ],
    }
    answer = JsonResponse(document, json_dumps_params={"ensure_ascii": False})
    answer["Content-Type"] = "application/ld+json"
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Cache-Control"] = "public, max-age=3600"
    return answer


def _dataset(home: str, publisher: dict[str, str]) -> dict[str, Any]:
    figures = list_figures(public_only=True)
    told = "；".join(f"{one.label}（{one.unit.label}）：{one.definition_zh}" for one in figures)
    return {
        "@id": f"{home}{reverse('figures')}",
        "@type": "dcat:Dataset",
        "dct:title": _zh("工会和会员的数，按地区、职业、入会渠道"),
        "dct:description": _zh(f"人数写到十位，少于十人的不公布。{told}"),
        "dct:publisher": publisher,
        "dct:license": {"@id": settings.OPEN_DATA_LICENCE},
        "dct:temporal": {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": _day(_BEGAN),
            "dcat:endDate": _day(clock.business_day(clock.now()).isoformat()),
        },
        "dct:spatial": {"@type": "dct:Location", "dct:identifier": "330000"},
        "dcat:keyword": [_zh(word) for word in ("工会", "会员", "新就业形态")],
        "dcat:landingPage": {"@id": f"{home}{reverse('figures')}"},
        "dcat:distribution": _tables(home) + _charts(home),
    }


def _stations(home: str, publisher: dict[str, str]) -> dict[str, Any]:
    """Return the stations of the province; 330000 in the address is any region."""
    formats = (("csv", "text/csv"), ("geojson", "application/geo+json"))
    return {
        "@id": f"{home}{reverse('open-stations', args=[PROVINCE, 'geojson'])}",
        "@type": "dcat:Dataset",
        "dct:title": _zh("户外劳动者驿站"),
        "dct:description": _zh("在用和暂停的驿站：在哪里、什么时候开、有什么设施。坐标是 WGS-84。"),
        "dct:publisher": publisher,
        "dct:license": {"@id": settings.OPEN_DATA_LICENCE},
        "dct:spatial": {"@type": "dct:Location", "dct:identifier": "330000"},
        "dcat:keyword": [_zh(word) for word in ("驿站", "户外劳动者", "工会")],
        "dcat:distribution": [
            _distribution(kind, media, f"{home}{reverse('open-stations', args=[PROVINCE, kind])}")
            for kind, media in formats
        ],
    }


def _tables(home: str) -> list[dict[str, Any]]:
    """Return the numbers of the province in every format; 330000 in the address is any region."""
    return [
        _distribution(kind, media, f"{home}{reverse('figures-table', args=[PROVINCE, kind])}")
        for kind, media in _KINDS.items()
    ]


def _charts(home: str) -> list[dict[str, Any]]:
    return [
        _distribution(
            title, "image/png", f"{home}{reverse('figures-chart', args=[PROVINCE, kind])}"
        )
        for kind, (title, _) in CHARTS.items()
    ]


def _publication(one: Publication, home: str, publisher: dict[str, str]) -> dict[str, Any]:
    """Return a frozen version; that it was replaced or withdrawn stands in its description."""
    page = f"{home}{reverse('publication', args=[one.id])}"
    told = f"{one.union.name}，{period_words(one)}，第 {one.version} 版"
    state = PublicationState(one.state)
    if state is not PublicationState.PUBLISHED:
        told += f"（{state.label}）"
    return {
        "@id": page,
        "@type": "dcat:Dataset",
        "dct:title": _zh(one.title),
        "dct:description": _zh(told),
        "dct:identifier": one.content_hash,
        "dct:publisher": publisher,
        "dct:issued": _day(clock.business_day(one.published_at).isoformat())
        if one.published_at
        else None,
        "dct:license": {"@id": settings.OPEN_DATA_LICENCE},
        "dct:spatial": {"@type": "dct:Location", "dct:identifier": str(one.region)},
        "dct:temporal": {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": _day((one.period_start or one.as_of).isoformat()),
            "dcat:endDate": _day(one.as_of.isoformat()),
        },
        "dcat:version": str(one.version),
        "dcat:landingPage": {"@id": page},
        "dcat:distribution": [
            _distribution("json", "application/json", f"{home}/api/v1/publications/{one.id}")
        ],
    }


def _distribution(title: str, media: str, address: str) -> dict[str, Any]:
    return {
        "@type": "dcat:Distribution",
        "dct:title": _zh(title),
        "dcat:mediaType": media,
        "dct:license": {"@id": settings.OPEN_DATA_LICENCE},
        "dcat:accessURL": {"@id": address},
    }


def _zh(text: str) -> dict[str, str]:
    return {"@value": text, "@language": "zh"}


def _day(text: str) -> dict[str, str]:
    return {"@value": text, "@type": "xsd:date"}
