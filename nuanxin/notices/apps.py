"""The application «通知», and what it tells the packages below it."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "nuanxin.notices"
    label = "notices"
    verbose_name = "通知"

    def ready(self) -> None:
        """Say what is kept of a person here, how it is erased, and what is sealed."""
        from nuanxin.notices.actions.forgetting import erase_messages_of
        from nuanxin.notices.queries import MY_MESSAGES, MY_NOTICES
        from nuanxin.people import states as people

        people.register_worker_link("notices_notice")
        people.register_worker_link("notices_message")
        people.register_eraser(erase_messages_of)
        people.register_my_data_section(MY_NOTICES)
        people.register_my_data_section(MY_MESSAGES)
        for table, column, sealed, bound in (
            ("notices_message", "phone", "phone_sealed", "phone_hash"),
            (
                "notices_webhooksubscription",
                "webhook_secret",
                "secret_sealed",
                "secret_bound_to",
            ),
        ):
            people.register_sealed_column(people.SealedColumn(table, column, sealed, bound))
