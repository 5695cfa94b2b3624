"""Jobs of 会籍; each wraps one action."""

from nuanxin.membership.tasks import applications, rosters, stocks

__all__ = ["applications", "rosters", "stocks"]
