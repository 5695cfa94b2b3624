"""The API for programs, version 1: the same queries and actions as the pages, as JSON."""

from nuanxin.desk.api.entry import api_urls, openapi_document

__all__ = ["api_urls", "openapi_document"]
