"""The application «服务»."""

from django.apps import AppConfig


class ProgrammesConfig(AppConfig):
    name = "nuanxin.programmes"
    label = "programmes"
    verbose_name = "服务"

    def ready(self) -> None:
        """Take part in merging two records of one person."""
        from nuanxin.people import states as people
        from nuanxin.programmes.actions.merging import ProgrammesMergeStep

        people.register_merge_step(ProgrammesMergeStep())
