"""The API object with all its nouns, and its OpenAPI 3.1 document."""

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, URLResolver
from ninja import NinjaAPI
from ninja.renderers import JSONRenderer

from nuanxin.access.permissions import public
from nuanxin.desk.api import (
    applications,
    can_get,
    figures,
    members,
    programmes,
    publications,
    rosters,
    station_reports,
    stations,
    unions,
    webhooks,
)
from nuanxin.desk.api.problems import Problem, add_handlers
from nuanxin.desk.api.throttle import THROTTLE

PREFIX = "/api/v1/"
_PROBLEMS = {
    400: "没看懂这个请求",
    401: "没带令牌，或令牌到期、收回了",
    403: "令牌不能做这件事",
    404: "没有这一项，或不在令牌的范围里",
    405: "这个地址不能用这种方法",
    406: "这里只答 JSON",
    409: "现在的状态不允许，或幂等键用在了另一份内容上",
    411: "没写 Content-Length",
    413: "内容太大",
    415: "内容类型不对",
    422: "内容不合要求，detail 里写着哪一项",
    429: "次数太多，Retry-After 里写着等几秒",
    500: "我们这边出了毛病，发来的没有起作用",
    503: "暂时不能用，过一会儿再发",
}
_FOR_EVERYBODY = tuple(
    f"{PREFIX}{noun}"
    for noun in (
        "figures",
        "publications",
        "programmes",
        "can-get",
        "stations",
        "station-keeping",
        "unions",
    )
)
"""What asks for no API token; keepers and controllers of doors prove themselves in the body."""
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "同一个键加同样的内容，只办一次，答复相同",
    "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$"},
}


class _Renderer(JSONRenderer):
    json_dumps_params = {"ensure_ascii": False}  # Chinese as it is read, in a third of the bytes


api = NinjaAPI(
    renderer=_Renderer(),
    throttle=THROTTLE,
    title="暖新接口",
    version="1",
    description="指标、发布、服务、驿站、工会、入会申请、名单、会员。出错时答 application/problem+json，code 不会变。",
    openapi_url=None,
    docs_url=None,
    urls_namespace="api-v1",
)
add_handlers(api)
api.add_router("/figures", figures.router)
api.add_router("/publications", publications.router)
api.add_router("/programmes", programmes.router)
api.add_router("/can-get", can_get.router)
api.add_router("/stations", stations.router)
api.add_router("/unions", unions.router)
api.add_router("/applications", applications.router)
api.add_router("/rosters", rosters.router)
api.add_router("/members", members.router)
api.add_router("/webhooks", webhooks.router)
api.add_router("/station-keeping", station_reports.router)


def api_urls() -> tuple[list[URLPattern | URLResolver], str, str]:
    """Return the addresses; the library's own root, which says nothing, is left out."""
    patterns, app_name, namespace = api.urls
    kept = [one for one in patterns if getattr(one, "name", "") != "api-root"]
    return kept, app_name, namespace


@api.get("/openapi.json", include_in_schema=False, url_name="openapi")
@public
def openapi(request: HttpRequest) -> JsonResponse:
    """Return the OpenAPI document."""
    return JsonResponse(openapi_document(), json_dumps_params={"ensure_ascii": False})


def openapi_document() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document; what every operation may answer is added here, once."""
    document: dict[str, Any] = dict(api.get_openapi_schema(path_prefix=PREFIX))
    schemas = document["components"]["schemas"]
    schemas["Problem"] = _schema_of(Problem, schemas)
    schemas["NewRoster"] = _schema_of(rosters.NewRoster, schemas)
    document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    media = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for status, words in _PROBLEMS.items():
                operation["responses"][str(status)] = {"description": words, "content": media}
            operation["responses"] = {
                str(status): answer for status, answer in operation["responses"].items()
            }
            if method == "post":
                operation.setdefault("parameters", []).append(_KEY)
            if not path.startswith(_FOR_EVERYBODY):
                operation["security"] = [{"token": []}]
    return document


def _schema_of(model: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON schema of a model; those that it needs are put among ``schemas``."""
    schema: dict[str, Any] = model.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schema.pop("$defs", {}))
    return schema
