"""Addresses of 数读."""

from django.urls import path

from nuanxin.figures.pages import behind, changes, definitions, drafts, number, public, reports

urlpatterns = [
    path("figures/", public.figures, name="figures"),
    path("figures/number/<str:figure>/", number.figure_number, name="figures-number"),
    path("figures/definitions/", definitions.definitions, name="figure-definitions"),
    path("figures/<int:region>/", public.figures, name="figures-region"),
    path("figures/<int:region>/table.<slug:kind>", public.figures_table, name="figures-table"),
    path("desk/reports/", reports.report_list, name="desk-reports"),
    path("desk/reports/<int:report_id>/", reports.report, name="desk-report"),
    path(
        "desk/reports/<int:report_id>/versions/",
        reports.report_versions,
        name="desk-report-versions",
    ),
    path(
        "desk/reports/<int:report_id>/restore/", reports.report_restore, name="desk-report-restore"
    ),
    path("desk/reports/<int:report_id>/freeze/", reports.report_freeze, name="desk-report-freeze"),
    path("desk/reports/frozen/<int:render_id>/", reports.report_render, name="desk-report-render"),
    path("desk/reports/frozen/<int:render_id>/take/", reports.report_take, name="desk-report-file"),
    path("desk/draft/", drafts.draft, name="desk-draft"),
    path("desk/figures/changes/<slug:code>/", changes.figure_changes, name="figure-changes"),
    path("desk/figures/<str:figure>/<slug:code>/", behind.figure_rows, name="figure-rows"),
    path(
        "desk/figures/<str:figure>/<slug:code>/export/",
        behind.figure_rows_export,
        name="figure-rows-export",
    ),
]
