"""Addresses of 通知."""

from django.urls import path

from nuanxin.notices import pages

urlpatterns = [path("outbox/", pages.outbox, name="outbox")]
