"""Jobs of 驿站; each wraps one action."""

from nuanxin.stations.tasks import imports, living, siting

__all__ = ["imports", "living", "siting"]
