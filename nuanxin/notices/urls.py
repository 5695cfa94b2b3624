"""Addresses of 通知."""

from django.urls import path

from nuanxin.notices import pages

urlpatterns = [
    path("outbox/", pages.outbox, name="outbox"),
    path("notices/", pages.my_notices, name="my-notices"),
    path("notices/open/", pages.open_notice, name="notice-open"),
]
