"""Addresses of 驿站."""

from django.urls import path

from nuanxin.stations.pages import desk

urlpatterns = [
    # ---- the register -------------------------------------------------------------------------
    path("desk/stations/", desk.station_list, name="desk-stations"),
    path("desk/stations/new", desk.station_new, name="desk-station-new"),
    path("desk/stations/<slug:code>/", desk.station, name="desk-station"),
    path("desk/stations/<slug:code>/edit", desk.station_edit, name="desk-station-edit"),
    path("desk/stations/<slug:code>/standing", desk.standing, name="desk-station-standing"),
]
