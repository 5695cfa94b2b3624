"""A union and its officer, whom the tests of rosters share."""

from datetime import date

import pytest

from nuanxin.kernel.actor import Actor, Grant, Role
from nuanxin.orgs.models import Union


def found_union(name, path, **extra):
    union = Union.objects.create(
        code=extra.pop("code", name),
        name=name,
        kind="grassroots",
        level=5,
        path="/",
        adcode=330105,
        founded_on=date(2022, 1, 1),
        **extra,
    )
    union.path = f"{path}{union.id}/"
    union.save(update_fields=["path"])
    return union


@pytest.fixture
def files_root(settings, tmp_path):
    settings.FILES_ROOT = tmp_path / "files"


@pytest.fixture
def union(files_root):
    root = Union.objects.filter(parent=None).first()
    parent = root or found_union("省总", "/", accepts_members=False)
    return found_union("城东快递联合工会", parent.path, parent=parent)


@pytest.fixture
def officer(union):
    return Actor(name="陈会", grants=(Grant(Role.GRASSROOTS_OFFICER, union.id, union.path),))
