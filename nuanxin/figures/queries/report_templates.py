"""The templates of reports that come with the product: a list, and a Markdown file for each."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from nuanxin.kernel.errors import NotFound

_FOLDER = Path(__file__).resolve().parent.parent / "templates" / "figures" / "reports"


@dataclass(frozen=True, slots=True)
class ReportTemplate:
    """A template: its name in commands and addresses, what it is called, what it is for."""

    name: str
    label: str
    lead: str
    source: str


@lru_cache(maxsize=1)
def list_templates() -> tuple[ReportTemplate, ...]:
    """Return the templates in the order in which they are offered."""
    told = yaml.safe_load((_FOLDER / "templates.yaml").read_text(encoding="utf-8"))
    return tuple(
        ReportTemplate(
            one["name"],
            one["label"],
            one["lead"],
            (_FOLDER / f"{one['name']}.md").read_text(encoding="utf-8"),
        )
        for one in told
    )


def get_template(name: str) -> ReportTemplate:
    """Return the template; raise ``NotFound`` figures.report_no_template."""
    for one in list_templates():
        if one.name == name:
            return one
    said = "、".join(f"{one.name}（{one.label}）" for one in list_templates())
    raise NotFound("figures.report_no_template", f"没有叫“{name[:40]}”的模板。可以用：{said}。")
