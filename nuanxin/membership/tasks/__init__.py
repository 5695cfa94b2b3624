"""Jobs of 会籍; each wraps one action."""

from nuanxin.membership.tasks import applications, listings, rosters, spans, stocks

__all__ = ["applications", "listings", "rosters", "spans", "stocks"]
