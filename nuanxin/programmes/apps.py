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


class ProgrammesConfig(AppConfig):
    name = "nuanxin.programmes"
    label = "programmes"
    verbose_name = "服务"

    def ready(self) -> None:
        """Take part in merging two records of one person, and in erasing what is kept of him."""
        from nuanxin.membership import states as membership
        from nuanxin.notices import states as notices
        from nuanxin.people import states as people
        from nuanxin.programmes.actions import finding_facts
        from nuanxin.programmes.actions.child_erasing import erase_children_of
        from nuanxin.programmes.actions.finding import NOTICE_KIND
        from nuanxin.programmes.actions.merging import ProgrammesMergeStep
        from nuanxin.programmes.actions.paying import erase_accounts
        from nuanxin.programmes.actions.reminders import erase_reminders
        from nuanxin.programmes.actions.reviewing import COLUMN, erase_reviews
        from nuanxin.programmes.actions.stating import erase_stated
        from nuanxin.programmes.queries.camps import CHILD_LABELS, own_children_data
        from nuanxin.programmes.queries.no_shows import MY_NO_SHOWS
        from nuanxin.programmes.queries.reviews import MY_REVIEWS, reviews_to_do
        from nuanxin.programmes.queries.stated import MY_STATED

        for table in (
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
        ):
            people.register_worker_link(f"programmes_{table}")
        for table, column, sealed in SEALED:
            people.register_sealed_column(
                people.SealedColumn(f"programmes_{table}", column, sealed, "bound_to")
            )
        people.register_sealed_column(
            people.SealedColumn("programmes_attester", "phone", "phone_sealed", "phone_hash")
        )
        people.register_eraser(erase_children_of)
        people.register_my_data_section(
            people.MyDataSection("children", "我的孩子", CHILD_LABELS, own_children_data)
        )
        for table, column, sealed in SEALED_AND_BOUND:
            people.register_sealed_column(
                people.SealedColumn(f"programmes_{table}", column, sealed, "bound")
            )
        people.register_eraser(erase_accounts)
        people.register_eraser(erase_stated)
        people.register_eraser(erase_reminders)
        notices.register_stop(NOTICE_KIND, "reminder-settings")
        notices.register_stop(finding_facts.NOTICE_KIND, "reminder-settings")
        notices.register_stop("programmes.asked.", "reminder-settings")
        people.register_merge_step(ProgrammesMergeStep())
        people.register_worker_link("programmes_humanreview")
        people.register_eraser(erase_reviews)
        people.register_sealed_column(
            people.SealedColumn("programmes_humanreview", COLUMN, "reason_sealed", "reason_key")
        )
        people.register_my_data_section(MY_STATED)
        people.register_my_data_section(MY_NO_SHOWS)
        people.register_my_data_section(MY_REVIEWS)
        membership.register_to_do(reviews_to_do)
