"""Every write of 人员."""

from nuanxin.people.actions.consents import grant_consent, withdraw_consent
from nuanxin.people.actions.contacts import (
    NewContact,
    record_contacts,
    take_back_contact,
    write_down_contact,
)
from nuanxin.people.actions.correcting import correct_worker
from nuanxin.people.actions.duplicates import dismiss_duplicate, find_duplicates
from nuanxin.people.actions.engagements import add_engagement, close_engagement
from nuanxin.people.actions.erasing import ErasureOutcome, erase_worker, reapply_erasures
from nuanxin.people.actions.households import add_to_household, leave_household, open_household
from nuanxin.people.actions.merging import merge_workers, undo_merge
from nuanxin.people.actions.reading import fetch_my_data, read_in_clear
from nuanxin.people.actions.registering import RegisteredWorker, find_or_register_worker
from nuanxin.people.actions.resealing import reseal_batch, reseal_everything

__all__ = [
    "ErasureOutcome",
    "NewContact",
    "RegisteredWorker",
    "add_engagement",
    "add_to_household",
    "close_engagement",
    "correct_worker",
    "dismiss_duplicate",
    "erase_worker",
    "fetch_my_data",
    "find_duplicates",
    "find_or_register_worker",
    "grant_consent",
    "leave_household",
    "merge_workers",
    "open_household",
    "read_in_clear",
    "reapply_erasures",
    "record_contacts",
    "reseal_batch",
    "reseal_everything",
    "take_back_contact",
    "undo_merge",
    "withdraw_consent",
    "write_down_contact",
]
