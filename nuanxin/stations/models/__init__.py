"""Tables of 驿站, a file a noun."""

from nuanxin.stations.models.doors import DoorDevice, DoorScan
from nuanxin.stations.models.facility import Facility
from nuanxin.stations.models.funding import Funding
from nuanxin.stations.models.hours_cells import HoursCell, HoursKeptDays, HoursMark
from nuanxin.stations.models.imports import StationImport, StationImportRow
from nuanxin.stations.models.inspections import (
    Inspection,
    InspectionFinding,
    InspectionRound,
    SampledStation,
)
from nuanxin.stations.models.keeper import StationKeeper
from nuanxin.stations.models.keeping import KeeperPaper, KeeperShift
from nuanxin.stations.models.names import MapId, StationName
from nuanxin.stations.models.photo import StationPhoto
from nuanxin.stations.models.repair import FROM_INSPECTION, Repair
from nuanxin.stations.models.reports import KeeperLink, PlannedClosure, StationReport
from nuanxin.stations.models.selection import (
    Nomination,
    Selection,
    SelectionObjection,
    StationRating,
)
from nuanxin.stations.models.services import ServiceBooking, StationJoining, StationService
from nuanxin.stations.models.siting import DemandGrid, DemandPoint, SitingPlan, WorkedPlace
from nuanxin.stations.models.spot import StationSpot
from nuanxin.stations.models.state import StationState
from nuanxin.stations.models.station import Station
from nuanxin.stations.models.visits import VisitMonth, VisitSalt, VisitSketch

__all__ = [
    "FROM_INSPECTION",
    "DemandGrid",
    "DemandPoint",
    "DoorDevice",
    "DoorScan",
    "Facility",
    "Funding",
    "HoursCell",
    "HoursKeptDays",
    "HoursMark",
    "Inspection",
    "InspectionFinding",
    "InspectionRound",
    "KeeperLink",
    "KeeperPaper",
    "KeeperShift",
    "MapId",
    "Nomination",
    "PlannedClosure",
    "Repair",
    "SampledStation",
    "Selection",
    "SelectionObjection",
    "ServiceBooking",
    "SitingPlan",
    "Station",
    "StationImport",
    "StationImportRow",
    "StationJoining",
    "StationKeeper",
    "StationName",
    "StationPhoto",
    "StationRating",
    "StationReport",
    "StationService",
    "StationSpot",
    "StationState",
    "VisitMonth",
    "VisitSalt",
    "VisitSketch",
    "WorkedPlace",
]
