"""The application «权限», and what it tells the packages below it."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "nuanxin.access"
    label = "access"
    verbose_name = "权限"

    def ready(self) -> None:
        """Take part in merging and erasing people; say what posts are called and what is sealed."""
        from nuanxin.access.actions import persons
        from nuanxin.access.actions.sign_in import TOTP_COLUMN
        from nuanxin.people import states as people

        people.register_merge_step(persons.AccountMergeStep())
        people.register_eraser(persons.erase_accounts_of)
        people.register_post_namer(persons.name_of_post)
        people.register_sealed_column(
            people.SealedColumn("access_account", TOTP_COLUMN, "totp_sealed", "id")
        )
