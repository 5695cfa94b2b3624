"""Migrations of the test run without drawing half the project anew for each of them.

Django keeps a drawn class of each model at every step of the migrations, and draws a model with
everything that refers to it again whenever the model gains something. Of its hundred thousand
drawn fields a statement in SQL needs a few. Here a model that is new is drawn alone (nothing
refers to it yet), and an index or a constraint is noted without drawing anything: its statement
names the index itself. What is executed stays the same to the letter.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db.migrations.state import ModelState, ProjectState


@contextmanager
def swift_migrations() -> Iterator[None]:
    """Migrate swiftly for a ``with`` block."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ProjectState, "add_model", _add_model)
        patch.setattr(ProjectState, "_append_option", _append_option)
        yield


def _add_model(self: ProjectState, model_state: ModelState) -> None:
    key = model_state.app_label, model_state.name_lower
    self.models[key] = model_state
    if self._relations is not None:
        self.resolve_model_relations(key)
    if "apps" in self.__dict__:
        self.apps.render_multiple([model_state])


def _append_option(
    self: ProjectState, app_label: str, model_name: str, option_name: str, obj: Any
) -> None:
    model_state = self.models[app_label, model_name]
    model_state.options[option_name] = [*model_state.options[option_name], obj]
