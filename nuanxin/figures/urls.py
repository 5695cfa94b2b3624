"""Addresses of 数读."""

from django.urls import path

from nuanxin.figures.pages import public

urlpatterns = [
    path("figures/", public.figures, name="figures"),
    path("figures/<int:region>/", public.figures, name="figures-region"),
    path("figures/<int:region>/table.<slug:kind>", public.figures_table, name="figures-table"),
]
