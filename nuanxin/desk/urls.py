"""Addresses of 工作台: pages that cross packages."""

from nuanxin.desk.pages.overview import overview_urls

urlpatterns = [*overview_urls]
