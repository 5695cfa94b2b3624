"""The application «会籍», and what it tells the packages below it."""

from django.apps import AppConfig


class MembershipConfig(AppConfig):
    name = "nuanxin.membership"
    label = "membership"
    verbose_name = "会籍"

    def ready(self) -> None:
        """Say where people stand, what they have here, and take part in merging their records."""
        from nuanxin.membership.actions.duplicates import MembershipMergeStep
        from nuanxin.membership.actions.leaving import stop_for_withdrawn_consent
        from nuanxin.membership.queries.mine import MY_MEMBERSHIPS, erasure_holds
        from nuanxin.membership.queries.scope import WORKER_PATHS
        from nuanxin.people import states as people

        people.register_worker_link("membership_transfer")
        people.register_worker_paths(WORKER_PATHS)
        people.register_merge_step(MembershipMergeStep())
        people.register_my_data_section(MY_MEMBERSHIPS)
        people.register_erasure_hold(erasure_holds)
        people.register_withdrawal_effect(people.ConsentPurpose.JOINING, stop_for_withdrawn_consent)
