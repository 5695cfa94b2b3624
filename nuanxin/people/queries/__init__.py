"""Reads of 人员: finished rows, masked."""

from nuanxin.people.queries.consents import (
    ConsentRow,
    NoticeText,
    current_notice,
    get_notice,
    has_consent,
    list_consents,
    missing_consents,
    notice_versions,
)
from nuanxin.people.queries.contacts import ContactRow, list_contacts
from nuanxin.people.queries.duplicates import (
    DuplicatePage,
    DuplicateRow,
    MergeRow,
    get_duplicate,
    list_duplicates,
    list_undoable_merges,
)
from nuanxin.people.queries.erasing import ErasurePlan, get_erasure_plan
from nuanxin.people.queries.households import HouseholdPerson, list_household
from nuanxin.people.queries.own_data import my_data, my_data_workbook
from nuanxin.people.queries.workers import (
    EngagementRow,
    WorkerRow,
    find_worker_by_identity,
    find_workers_by_phone,
    get_worker,
    list_engagements,
    list_readings,
    list_readings_of,
    main_occupations,
    name_search_condition,
    record_ids_of,
    search_condition,
    worker_rows,
)

__all__ = [
    "ConsentRow",
    "ContactRow",
    "DuplicatePage",
    "DuplicateRow",
    "EngagementRow",
    "ErasurePlan",
    "HouseholdPerson",
    "MergeRow",
    "NoticeText",
    "WorkerRow",
    "current_notice",
    "find_worker_by_identity",
    "find_workers_by_phone",
    "get_duplicate",
    "get_erasure_plan",
    "get_notice",
    "get_worker",
    "has_consent",
    "list_consents",
    "list_contacts",
    "list_duplicates",
    "list_engagements",
    "list_household",
    "list_readings",
    "list_readings_of",
    "list_undoable_merges",
    "main_occupations",
    "missing_consents",
    "my_data",
    "my_data_workbook",
    "name_search_condition",
    "notice_versions",
    "record_ids_of",
    "search_condition",
    "worker_rows",
]
