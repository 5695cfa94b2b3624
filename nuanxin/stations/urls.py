"""Addresses of 驿站."""

from django.urls import path

from nuanxin.stations.pages import (
    coverage,
    desk,
    desk_funding,
    desk_inspections,
    desk_people,
    desk_roster,
    desk_services,
    doors,
    finder,
    imports,
    keeper,
    list_out,
    living_desk,
    now,
    public_map,
    repairs,
    selection,
    services,
    siting,
    siting_grids,
    station,
)

urlpatterns = [
    # ---- siting, the circle of a county, targets (before what a code may be taken for) ---------
    path("desk/stations/coverage/", coverage.coverage, name="desk-station-coverage"),
    path("desk/stations/upgrades/", coverage.upgrade_plan, name="desk-station-upgrades"),
    path(
        "desk/stations/upgrades/plan.xlsx",
        coverage.upgrade_workbook,
        name="desk-station-upgrades-workbook",
    ),
    path("desk/stations/siting/", siting.plan_list, name="desk-siting"),
    path("desk/stations/siting/new/", siting.plan_new, name="desk-siting-new"),
    path("desk/stations/siting/compare/", siting.compare, name="desk-siting-compare"),
    path("desk/stations/siting/grids/", siting_grids.grids, name="desk-siting-grids"),
    path(
        "desk/stations/siting/grids/<int:grid_id>/drop/",
        siting_grids.grid_drop,
        name="desk-siting-grid-drop",
    ),
    path("desk/stations/siting/<int:plan_id>/", siting.plan, name="desk-siting-plan"),
    path("desk/stations/siting/<int:plan_id>/act/", siting.plan_act, name="desk-siting-act"),
    path(
        "desk/stations/siting/<int:plan_id>/plan.xlsx",
        siting.plan_workbook,
        name="desk-siting-workbook",
    ),
    path(
        "desk/stations/siting/<int:plan_id>/plan.geojson",
        siting.plan_geojson,
        name="desk-siting-geojson",
    ),
    # ---- the register -------------------------------------------------------------------------
    path("desk/stations/", desk.station_list, name="desk-stations"),
    path("desk/stations/new", desk.station_new, name="desk-station-new"),
    path("desk/stations/imports/", imports.import_new, name="desk-station-import-new"),
    path(
        "desk/stations/imports/<int:listing_id>/", imports.import_page, name="desk-station-import"
    ),
    path(
        "desk/stations/imports/<int:listing_id>/act",
        imports.import_act,
        name="desk-station-import-act",
    ),
    path("desk/stations/export.<slug:kind>", list_out.export, name="desk-stations-export"),
    path("open-data/stations/<int:region>.<slug:kind>", list_out.open_data, name="open-stations"),
    path("desk/stations/<slug:code>/", desk.station, name="desk-station"),
    path("desk/stations/<slug:code>/edit", desk.station_edit, name="desk-station-edit"),
    path("desk/stations/<slug:code>/standing", desk.standing, name="desk-station-standing"),
    path("desk/stations/<slug:code>/keepers", desk_people.keeper_page, name="desk-station-keepers"),
    path("desk/stations/<slug:code>/photos", desk_people.photo_page, name="desk-station-photos"),
    path("desk/stations/<slug:code>/funding", desk_funding.funding, name="desk-station-funding"),
    path(
        "desk/stations/<slug:code>/funding.xlsx",
        desk_funding.funding_sheet,
        name="desk-station-funding-workbook",
    ),
    path("desk/stations/<slug:code>/map-ids", desk_funding.map_ids, name="desk-station-map-ids"),
    path("stations/<slug:code>/photos/<int:photo_id>", desk_people.photo, name="station-photo"),
    # ---- inspections --------------------------------------------------------------------------
    path("desk/inspections/", desk_inspections.home, name="desk-inspections"),
    path(
        "desk/inspections/rounds/<int:round_id>/",
        desk_inspections.round_,
        name="desk-inspection-round",
    ),
    path("desk/inspections/at/<slug:code>/", desk_inspections.inspect, name="desk-inspect"),
    path("desk/inspections/send", desk_inspections.send, name="desk-inspect-send"),
    path("desk/inspections/worker.js", desk_inspections.worker, name="desk-inspect-worker"),
    path(
        "desk/inspections/<int:inspection_id>/", desk_inspections.inspection, name="desk-inspection"
    ),
    path("desk/mending/", desk_inspections.mending, name="desk-mending"),
    path(
        "stations/draws/<int:round_id>.json", desk_inspections.draw_file, name="station-draw-file"
    ),
    path("stations/draws/draw.py", desk_inspections.draw_script, name="station-draw-script"),
    path("desk/stations/<slug:code>/roster", desk_roster.roster, name="desk-station-roster"),
    # ---- 最美驿站 -------------------------------------------------------------------------------
    path("desk/selections/", selection.desk_list, name="desk-selections"),
    path("desk/selections/nominate", selection.nominate, name="desk-nominate"),
    path("desk/selections/<int:selection_id>/", selection.desk_one, name="desk-selection"),
    path("stations/selections/", selection.board, name="station-selections"),
    path("stations/selections/<slug:code>/", selection.shown, name="station-selection"),
    # ---- the finder, for everybody -------------------------------------------------------------
    path("stations/", finder.finder, name="worker-stations"),
    path("stations/place/", finder.place, name="worker-stations-place"),
    path("stations/along/", finder.along, name="worker-stations-along"),
    path("stations/map/", public_map.county_map, name="stations-map"),
    path("stations/saved/", finder.saved, name="worker-stations-saved"),
    path("stations/worker.js", finder.worker, name="worker-stations-worker"),
    path("stations/county/<slug:adcode>.json", finder.county, name="worker-stations-county"),
    path("stations/<slug:code>/", station.station, name="worker-station"),
    path("stations/<slug:code>/share.png", station.share, name="worker-station-share"),
    path(
        "stations/<slug:code>/poster-<slug:paper>.pdf",
        station.poster,
        name="worker-station-poster",
    ),
    # ---- living state, doors, visits ------------------------------------------------------------
    path("s/<str:token>/", keeper.keeper, name="keeper-link"),
    path("q/<str:code>/", doors.door_code, name="door-code"),
    path("stations/screen/<str:token>/", doors.screen, name="station-screen"),
    # ---- services at a station, stars, joining there ----------------------------------------------
    path("me/station-bookings/", services.mine, name="my-station-bookings"),
    path("stations/<slug:code>/services/", services.services, name="station-services"),
    path("stations/<slug:code>/stars/", services.stars, name="station-stars"),
    path("stations/<slug:code>/join/", services.join, name="station-join"),
    path(
        "stations/<slug:code>/join-<slug:paper>.pdf",
        services.join_poster,
        name="station-join-poster",
    ),
    path(
        "desk/stations/<slug:code>/services/", desk_services.services, name="desk-station-services"
    ),
    path("stations/<slug:code>/now/", now.station_now, name="station-now"),
    path("desk/stations-stale/", living_desk.stale_list, name="desk-stations-stale"),
    path("desk/stations-repairs/", repairs.repair_list, name="desk-station-repairs"),
    path(
        "desk/stations-repairs/repairs.xlsx",
        repairs.repairs_workbook,
        name="desk-station-repairs-workbook",
    ),
    path(
        "desk/stations-repairs/<int:repair_id>/done/",
        repairs.repair_done,
        name="desk-station-repair-done",
    ),
    path(
        "desk/stations-repairs/<int:repair_id>/seen/",
        repairs.repair_seen,
        name="desk-station-repair-seen",
    ),
    path("desk/stations/<slug:code>/now/", living_desk.station_living, name="desk-station-living"),
    path(
        "desk/stations/<slug:code>/now/act/",
        living_desk.station_living_act,
        name="desk-station-living-act",
    ),
    path(
        "desk/stations/<slug:code>/hours/<slug:kind>/",
        living_desk.station_hours,
        name="desk-station-hours",
    ),
]
