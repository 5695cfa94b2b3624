"""The application «服务»."""

from django.apps import AppConfig

SEALED = (
    ("child", "child_name", "name_sealed"),
    ("pickupperson", "pickup_name", "name_sealed"),
    ("pickupperson", "pickup_phone", "phone_sealed"),
    ("healthnote", "child_health", "sealed"),
    ("harmreport", "harm_report", "what_sealed"),
)
"""Table, name that the envelope is bound to, column: sealed anew when the data key changes."""
SEALED_AND_BOUND = (
    ("objection", "objection", "text_sealed"),
    ("payeeaccount", "payee_account", "number_sealed"),
    ("forfeit", "forfeit_hearing", "said_sealed"),
    ("contestappeal", "contest_appeal", "text_sealed"),
)
"""The same, of tables whose column with the bound UUID is called ``bound``."""

SEALED_OTHERWISE = (
    ("attester", "phone", "phone_sealed", "phone_hash"),
    ("humanreview", "review_reason", "reason_sealed", "reason_key"),
)
"""The same, with what each is bound to."""
WORKER_LINKS = (
    "statedfact",
    "child",
    "campplace",
    "campstaff",
    "offerreminder",
    "reminderoff",
    "payeeaccount",
    "attestationrequest",
    "attestation",
    "helpsession",
    "helpact",
    "contestappeal",
    "noshow",
    "humanreview",
)
"""Tables with a person in ``worker_id``: they follow when two records become one."""


class ProgrammesConfig(AppConfig):
    name = "nuanxin.programmes"
    label = "programmes"
    verbose_name = "服务"

    def ready(self) -> None:
        """Take part in merging two records of one person, and in erasing and telling what is kept of him."""
        from nuanxin.membership import states as membership
        from nuanxin.notices import states as notices
        from nuanxin.people import states as people
        from nuanxin.programmes.actions import finding_facts
        from nuanxin.programmes.actions.finding import NOTICE_KIND
        from nuanxin.programmes.actions.merging import ProgrammesMergeStep
        from nuanxin.programmes.queries.camps import CHILD_LABELS, own_children_data
        from nuanxin.programmes.queries.no_shows import MY_NO_SHOWS
        from nuanxin.programmes.queries.reviews import MY_REVIEWS, reviews_to_do
        from nuanxin.programmes.queries.stated import MY_STATED

        for table in WORKER_LINKS:
            people.register_worker_link(f"programmes_{table}")
        people.register_merge_step(ProgrammesMergeStep())
        for kind in (NOTICE_KIND, finding_facts.NOTICE_KIND, "programmes.asked."):
            notices.register_stop(kind, "reminder-settings")
        children = people.MyDataSection("children", "我的孩子", CHILD_LABELS, own_children_data)
        for section in (children, MY_STATED, MY_NO_SHOWS, MY_REVIEWS):
            people.register_my_data_section(section)
        membership.register_to_do(reviews_to_do)
        self._seal_and_erase()

    def _seal_and_erase(self) -> None:
        """Name the sealed columns, and what erases the rest of a person."""
        from nuanxin.people import states as people
        from nuanxin.programmes.actions.child_erasing import erase_children_of
        from nuanxin.programmes.actions.paying import erase_accounts
        from nuanxin.programmes.actions.reminders import erase_reminders
        from nuanxin.programmes.actions.reviewing import erase_reviews
        from nuanxin.programmes.actions.stating import erase_stated

        columns = [
            *((*one, "bound_to") for one in SEALED),
            *((*one, "bound") for one in SEALED_AND_BOUND),
            *SEALED_OTHERWISE,
        ]
        for table, name, sealed, bound in columns:
            people.register_sealed_column(
                people.SealedColumn(f"programmes_{table}", name, sealed, bound)
            )
        for eraser in (
            erase_children_of,
            erase_accounts,
            erase_stated,
            erase_reminders,
            erase_reviews,
        ):
            people.register_eraser(eraser)
