"""Addresses of 驿站."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
