"""The application «组织»."""

from django.apps import AppConfig


class OrgsConfig(AppConfig):
    """Tells the log, which lies below, how union paths become union ids."""

    name = "nuanxin.orgs"
    label = "orgs"
    verbose_name = "组织"

    def ready(self) -> None:
        """Register what lower packages ask for."""
        from nuanxin.records.states import register_union_subtree_sql

        register_union_subtree_sql("SELECT id FROM orgs_union WHERE path LIKE ANY(%(prefixes)s)")
