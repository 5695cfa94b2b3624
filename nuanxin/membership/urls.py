"""Addresses of 会籍."""

from django.urls import path

from nuanxin.membership.pages import join

urlpatterns = [
    path("join/", join.why, name="join"),
    path("join/u/<slug:code>/", join.why, name="join-of"),
    path("join/work/", join.work, name="join-work"),
    path("join/person/", join.person, name="join-person"),
    path("join/union/", join.union, name="join-union"),
    path("join/check/", join.check, name="join-check"),
    path("join/done/", join.done, name="join-done"),
]
