"""A host app in a process of its own: a real OpenID Connect provider (django-oauth-toolkit).

``python -m tests.access.host_app PORT FOLDER REDIRECT_URI`` serves on the loopback until its
standard input closes. People, numbers and keys are made up anew at each start.
"""

import os
import sys
import threading
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from nuanxin.kernel.identity import check_digit

CLIENT_ID, CLIENT_SECRET = "nuanxin", "the host app's secret for us"
PASSWORD = "a made-up password"


def _number(first17: str) -> str:
    return first17 + check_digit(first17)


# user name → what the host has verified about the person, under the host's own names of claims
PEOPLE: dict[str, dict[str, str]] = {
    "new": {"realname": "江小雪", "idcard": _number("33010519920307121"), "mobile": "19900008888"},
    "known": {
        "realname": "叶小满",
        "idcard": _number("33010519881120242"),
        "mobile": "19900000000",
    },
    "unsound": {"realname": "某某", "idcard": "330105199203071210", "mobile": "12345"},
}


def configure(port: int, folder: Path) -> None:
    """Set up Django for this process alone."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from django.conf import settings

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    settings.configure(
        SECRET_KEY=os.urandom(16).hex(),
        DEBUG=False,
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF="tests.access.host_app",
        DATABASES={
            "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "host.sqlite3"}
        },
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "oauth2_provider",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        USE_TZ=True,
        LOGIN_URL="/login/",
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        OAUTH2_PROVIDER={
            "OIDC_ENABLED": True,
            "OIDC_RSA_PRIVATE_KEY": pem,
            "OIDC_ISS_ENDPOINT": f"http://127.0.0.1:{port}/o",
            "PKCE_REQUIRED": True,
            "OAUTH2_VALIDATOR_CLASS": "tests.access.host_app.Validator",
            "SCOPES": {"openid": "", "profile": ""},
            "ALLOWED_REDIRECT_URI_SCHEMES": ["http"],
        },
    )
    import django

    django.setup()


def __getattr__(name: str) -> Any:
    """Make what needs a configured Django when the library asks for it."""
    if name == "Validator":
        return _validator()
    if name == "urlpatterns":
        return _urlpatterns()
    raise AttributeError(name)


def _validator() -> type:
    from oauth2_provider.oauth2_validators import OAuth2Validator

    class Validator(OAuth2Validator):  # type: ignore[misc]
        """Adds what the host has verified to the identity token and the userinfo answer."""

        oidc_claim_scope = None

        def get_additional_claims(self, request: Any) -> dict[str, str]:
            return PEOPLE[request.user.username]

    return Validator


def _urlpatterns() -> list[Any]:
    from django.contrib.auth import authenticate, login
    from django.http import HttpResponse, HttpResponseRedirect
    from django.urls import include, path

    def sign_in(request: Any) -> Any:
        if request.method == "POST":
            user = authenticate(
                request, username=request.POST["username"], password=request.POST["password"]
            )
            if user is None:
                return HttpResponse("wrong", status=403)
            login(request, user)
            return HttpResponseRedirect(request.GET["next"])
        return HttpResponse("<form method=post>")

    patterns = [
        path("login/", sign_in),
        path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    ]
    globals()["urlpatterns"] = patterns
    return patterns


def fill(redirect_uri: str) -> None:
    """Make the tables, the people, and ourselves as a client."""
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from oauth2_provider.models import Application

    call_command("migrate", verbosity=0)
    for username in PEOPLE:
        User.objects.create_user(username, password=PASSWORD)
    Application.objects.create(
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        redirect_uris=redirect_uri,
        algorithm=Application.RS256_ALGORITHM,
        skip_authorization=True,
    )


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Say nothing."""


def main() -> None:
    """Serve until the test that started this process lets go of its standard input."""
    port, folder, redirect_uri = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    sys.modules["tests.access.host_app"] = sys.modules["__main__"]
    configure(port, folder)
    fill(redirect_uri)
    from django.core.wsgi import get_wsgi_application

    server = make_server("127.0.0.1", port, get_wsgi_application(), _Server, _Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    main()
