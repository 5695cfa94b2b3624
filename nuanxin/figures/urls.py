"""Addresses of 数读."""

from django.urls import path

from nuanxin.figures.pages import (
    behind,
    changes,
    comparing,
    definitions,
    denominators,
    drafts,
    number,
    open_data,
    pictures,
    public,
    publications,
    published,
    reports,
    services,
    showing,
)

urlpatterns = [
    path("figures/", public.figures, name="figures"),
    path("figures/number/<str:figure>/", number.figure_number, name="figures-number"),
    path("figures/definitions/", definitions.definitions, name="figure-definitions"),
    path("figures/compare/", comparing.compare, name="figures-compare"),
    path("figures/services/", services.services, name="figures-services"),
    path("figures/<int:region>/services/", services.services, name="figures-region-services"),
    path(
        "figures/<int:region>/services.<slug:kind>",
        services.services_table,
        name="figures-services-table",
    ),
    path("figures/wall/", showing.wall, name="figures-wall"),
    path("figures/dcat.json", open_data.catalogue, name="figures-dcat"),
    path("figures/embed/<str:code>/", showing.card, name="figures-card"),
    path("figures/embed/<str:code>/card.png", showing.card_picture, name="figures-card-picture"),
    path("figures/<int:region>/", public.figures, name="figures-region"),
    path("figures/<int:region>/table.<slug:kind>", public.figures_table, name="figures-table"),
    path(
        "figures/<int:region>/chart-<slug:kind>.png", pictures.chart_picture, name="figures-chart"
    ),
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
    path("publications/", published.publication_index, name="publications"),
    path("publications/<int:publication_id>/", published.publication, name="publication"),
    path("desk/publications/", publications.publication_list, name="desk-publications"),
    path("desk/publications/new/", publications.publication_new, name="desk-publication-new"),
    path(
        "desk/publications/<int:publication_id>/",
        publications.publication,
        name="desk-publication",
    ),
    path(
        "desk/publications/<int:publication_id>/evidence/",
        publications.publication_evidence,
        name="desk-publication-evidence",
    ),
    path(
        "desk/publications/<int:publication_id>/<slug:step>/",
        publications.publication_step,
        name="desk-publication-step",
    ),
    path("desk/locks/", publications.lock_board, name="desk-locks"),
    path("desk/locks/<slug:code>/", publications.lock_change, name="desk-lock"),
    path("desk/denominators/", denominators.denominator_list, name="desk-denominators"),
    path("desk/denominators/add/", denominators.denominator_add, name="desk-denominator-add"),
    path("desk/denominators/load/", denominators.denominator_load, name="desk-denominator-load"),
    path("desk/draft/", drafts.draft, name="desk-draft"),
    path("desk/figures/changes/<slug:code>/", changes.figure_changes, name="figure-changes"),
    path("desk/figures/<str:figure>/<slug:code>/", behind.figure_rows, name="figure-rows"),
    path(
        "desk/figures/<str:figure>/<slug:code>/export/",
        behind.figure_rows_export,
        name="figure-rows-export",
    ),
]
