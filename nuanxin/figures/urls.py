"""Addresses of 数读."""

from django.urls import path

from nuanxin.figures.pages import behind, drafts, public

urlpatterns = [
    path("figures/", public.figures, name="figures"),
    path("figures/<int:region>/", public.figures, name="figures-region"),
    path("figures/<int:region>/table.<slug:kind>", public.figures_table, name="figures-table"),
    path("desk/draft/", drafts.draft, name="desk-draft"),
    path("desk/figures/<str:figure>/<slug:code>/", behind.figure_rows, name="figure-rows"),
    path(
        "desk/figures/<str:figure>/<slug:code>/export/",
        behind.figure_rows_export,
        name="figure-rows-export",
    ),
]
