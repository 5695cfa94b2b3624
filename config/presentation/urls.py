"""Addresses of the frame itself."""

from django.urls import path

from config.presentation import pages

urlpatterns = [
    path("gallery/", pages.gallery, name="gallery"),
    path("gallery/errors/<int:status>/", pages.gallery_error, name="gallery-error"),
    path("offline/", pages.offline, name="offline"),
]
