"""Every address of the product; each package lists its own."""

from django.urls import URLPattern, URLResolver, include, path

from config.health import healthz
from nuanxin.desk.api import api_urls

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("api/v1/", api_urls()),
    path("", include("config.presentation.urls")),
    path("", include("nuanxin.access.urls")),
    path("", include("nuanxin.notices.urls")),
    path("", include("nuanxin.membership.urls")),
    path("", include("nuanxin.stations.urls")),
    path("", include("nuanxin.programmes.urls")),
    path("", include("nuanxin.figures.urls")),
    path("", include("nuanxin.desk.urls")),
]

handler400 = "config.presentation.pages.bad_request"
handler403 = "config.presentation.pages.permission_denied"
handler404 = "config.presentation.pages.page_not_found"
handler500 = "config.presentation.pages.server_error"
