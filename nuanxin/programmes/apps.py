"""The application «服务»."""

from django.apps import AppConfig


class ProgrammesConfig(AppConfig):
    name = "nuanxin.programmes"
    label = "programmes"
    verbose_name = "服务"

    def ready(self) -> None:
        """Take part in merging two records of one person, and in erasing what is kept of him."""
        from nuanxin.people import states as people
        from nuanxin.programmes.actions.merging import ProgrammesMergeStep
        from nuanxin.programmes.actions.stating import erase_stated

        people.register_worker_link("programmes_statedfact")
        people.register_eraser(erase_stated)
        people.register_merge_step(ProgrammesMergeStep())
