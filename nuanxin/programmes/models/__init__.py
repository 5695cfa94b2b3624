"""Tables of 服务, a file a noun."""

from nuanxin.programmes.models.attendance import Attendance, Certificate, Feedback, Scan
from nuanxin.programmes.models.attestations import Attestation, AttestationRequest, Attester
from nuanxin.programmes.models.camp_places import CampPlace, CampPresence, LateAlarm
from nuanxin.programmes.models.camps import (
    Camp,
    CampAssignment,
    CampClass,
    CampDay,
    CampStaff,
    HarmReport,
)
from nuanxin.programmes.models.children import (
    Child,
    ChildAccess,
    ChildConsent,
    HealthNote,
    PickupPerson,
)
from nuanxin.programmes.models.contests import (
    Contest,
    ContestAppeal,
    ContestCriterion,
    ContestEntrant,
    ContestRound,
    EntrantMember,
    Judge,
    Recusal,
    RoundEntry,
    Score,
    ScoreSheet,
)
from nuanxin.programmes.models.definitions import DefinitionVersion
from nuanxin.programmes.models.deliveries import (
    Delivery,
    DoorDue,
    ServiceCell,
    ServiceDue,
    ServiceYear,
)
from nuanxin.programmes.models.draws import Draw
from nuanxin.programmes.models.finding import OfferReminder, ReminderOff, RuleGround
from nuanxin.programmes.models.forfeits import DebtEntry, Forfeit
from nuanxin.programmes.models.helping import HelpAct, HelpSession
from nuanxin.programmes.models.no_shows import NoShow, NoShowPlea
from nuanxin.programmes.models.offers import Offer, Pool, Programme
from nuanxin.programmes.models.parties import Party
from nuanxin.programmes.models.payments import PayeeAccount, Payment, PaymentFact, PaymentList
from nuanxin.programmes.models.publicity import NoticeLine, Objection, PublicNotice
from nuanxin.programmes.models.reviews import HumanReview
from nuanxin.programmes.models.rule_versions import AwardBasis, RulePreview, RuleVersion
from nuanxin.programmes.models.rulings import KeptRule, Ruling, StatedFact
from nuanxin.programmes.models.seats import Application, FreeSeat, Seat
from nuanxin.programmes.models.sessions import Booking, Gate, Session

__all__ = [
    "Application",
    "Attendance",
    "Attestation",
    "AttestationRequest",
    "Attester",
    "AwardBasis",
    "Booking",
    "Camp",
    "CampAssignment",
    "CampClass",
    "CampDay",
    "CampPlace",
    "CampPresence",
    "CampStaff",
    "Certificate",
    "Child",
    "ChildAccess",
    "ChildConsent",
    "Contest",
    "ContestAppeal",
    "ContestCriterion",
    "ContestEntrant",
    "ContestRound",
    "DebtEntry",
    "DefinitionVersion",
    "Delivery",
    "DoorDue",
    "Draw",
    "EntrantMember",
    "Feedback",
    "Forfeit",
    "FreeSeat",
    "Gate",
    "HarmReport",
    "HealthNote",
    "HelpAct",
    "HelpSession",
    "HumanReview",
    "Judge",
    "KeptRule",
    "LateAlarm",
    "NoShow",
    "NoShowPlea",
    "NoticeLine",
    "Objection",
    "Offer",
    "OfferReminder",
    "Party",
    "PayeeAccount",
    "Payment",
    "PaymentFact",
    "PaymentList",
    "PickupPerson",
    "Pool",
    "Programme",
    "PublicNotice",
    "Recusal",
    "ReminderOff",
    "RoundEntry",
    "RuleGround",
    "RulePreview",
    "RuleVersion",
    "Ruling",
    "Scan",
    "Score",
    "ScoreSheet",
    "Seat",
    "ServiceCell",
    "ServiceDue",
    "ServiceYear",
    "Session",
    "StatedFact",
]
