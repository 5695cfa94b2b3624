"""The list of open data, so that catalogues of other houses find it: DCAT-AP as JSON-LD."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from nuanxin.access.permissions import public
from nuanxin.figures.queries import list_figures
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


@public
@require_safe
def catalogue(request: HttpRequest) -> JsonResponse:
    """Give the catalogue with its one data set and its distributions."""
    home = settings.PUBLIC_ADDRESS.rstrip("/")
    publisher = {"@type": "foaf:Agent", "foaf:name": "浙江省总工会"}
    document = {
        "@context": _CONTEXT,
        "@id": f"{home}{reverse('figures-dcat')}",
        "@type": "dcat:Catalog",
        "dct:title": _zh("数读"),
        "dct:description": _zh("新就业形态劳动者加入工会的数"),
        "dct:publisher": publisher,
        "dcat:dataset": [_dataset(home, publisher)],
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
        "dcat:distribution": [
            {
                "@type": "dcat:Distribution",
                "dct:title": _zh(kind),
                "dcat:mediaType": media,
                "dct:license": {"@id": settings.OPEN_DATA_LICENCE},
                "dcat:accessURL": {"@id": f"{home}{reverse('figures-table', args=[330000, kind])}"},
            }
            for kind, media in _KINDS.items()
        ],
    }


def _zh(text: str) -> dict[str, str]:
    return {"@value": text, "@language": "zh"}


def _day(text: str) -> dict[str, str]:
    return {"@value": text, "@type": "xsd:date"}
