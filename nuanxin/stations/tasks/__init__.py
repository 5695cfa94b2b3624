"""Jobs of 驿站; each wraps one action."""

from nuanxin.stations.tasks import imports, living, serving, siting

__all__ = ["imports", "living", "serving", "siting"]
