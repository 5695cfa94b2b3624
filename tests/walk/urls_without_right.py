"""An address that somebody forgot to guard: for the test that it is refused."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def forgotten(request: HttpRequest) -> HttpResponse:
    """Tell what nobody should read."""
    return HttpResponse("secret")


urlpatterns = [
    path("forgotten/", forgotten, name="forgotten"),
    path("", include("config.presentation.urls")),
    path("", include("nuanxin.access.urls")),
]
handler403 = "config.presentation.pages.permission_denied"
