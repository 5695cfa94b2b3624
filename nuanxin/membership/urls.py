"""Addresses of 会籍."""

from django.urls import path

from nuanxin.membership.pages import join, rosters

urlpatterns = [
    path("join/", join.why, name="join"),
    path("join/u/<slug:code>/", join.why, name="join-of"),
    path("join/work/", join.work, name="join-work"),
    path("join/person/", join.person, name="join-person"),
    path("join/union/", join.union, name="join-union"),
    path("join/check/", join.check, name="join-check"),
    path("join/done/", join.done, name="join-done"),
    path("desk/rosters/", rosters.roster_list, name="desk-rosters"),
    path("desk/rosters/new/", rosters.roster_drop, name="desk-roster-new"),
    path("desk/rosters/<int:batch_id>/", rosters.roster, name="desk-roster"),
    path(
        "desk/rosters/<int:batch_id>/columns/", rosters.roster_columns, name="desk-roster-columns"
    ),
    path(
        "desk/rosters/<int:batch_id>/confirm/", rosters.roster_confirm, name="desk-roster-confirm"
    ),
    path(
        "desk/rosters/<int:batch_id>/discard/", rosters.roster_discard, name="desk-roster-discard"
    ),
    path("desk/rosters/<int:batch_id>/undo/", rosters.roster_undo, name="desk-roster-undo"),
    path("desk/rosters/<int:batch_id>/result/", rosters.roster_result, name="desk-roster-result"),
]
