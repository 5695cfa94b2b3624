"""Addresses of 工作台: pages that cross packages."""

from nuanxin.desk.pages.closing import closing_urls
from nuanxin.desk.pages.dissolutions import dissolution_urls
from nuanxin.desk.pages.ground import ground_urls
from nuanxin.desk.pages.overview import overview_urls
from nuanxin.desk.pages.searching import search_urls
from nuanxin.desk.pages.territory import territory_urls
from nuanxin.desk.pages.union_changes import union_change_urls
from nuanxin.desk.pages.unions import union_urls

urlpatterns = [
    *overview_urls,
    *search_urls,
    *union_urls,
    *ground_urls,
    *union_change_urls,
    *dissolution_urls,
    *territory_urls,
    *closing_urls,
]
