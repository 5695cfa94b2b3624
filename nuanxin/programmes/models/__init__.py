"""Tables of 服务, a file a noun."""

from nuanxin.programmes.models.deliveries import Delivery, ServiceCell, ServiceDue, ServiceYear
from nuanxin.programmes.models.draws import Draw
from nuanxin.programmes.models.offers import Offer, Pool, Programme
from nuanxin.programmes.models.rulings import KeptRule, Ruling, StatedFact
from nuanxin.programmes.models.seats import Application, Seat

__all__ = [
    "Application",
    "Delivery",
    "Draw",
    "KeptRule",
    "Offer",
    "Pool",
    "Programme",
    "Ruling",
    "Seat",
    "ServiceCell",
    "ServiceDue",
    "ServiceYear",
    "StatedFact",
]
