"""The kernel is light: quick to import, without Django, without reading its data."""

import subprocess
import sys
from pathlib import Path

import pytest

import nuanxin.kernel

_FOLDER = Path(nuanxin.kernel.__file__).parent
MODULES = (
    "actor",
    "clock",
    "credit_code",
    "cursor",
    "decision",
    "errors",
    "fact",
    "figure",
    "geo",
    "identity",
    "industries",
    "money",
    "names",
    "numbers_zh",
    "occupations",
    "parameters",
    "period",
    "phone",
    "regions",
    "text",
    "uuid7",
    "workdays",
)
HEAVY = {"django", "yaml", "pypinyin", "cn2an", "holidays", "chinese_calendar", "polars", "numpy"}


@pytest.mark.slow
@pytest.mark.process
def test_importing_the_kernel_loads_nothing_heavy_and_reads_no_data():
    script = (
        "import sys\nopened=[]\n"
        "sys.addaudithook(lambda e, a: opened.append(str(a[0])) if e == 'open' else None)\n"
        + "".join(f"import nuanxin.kernel.{module}\n" for module in MODULES)
        + "print(*sorted({name.partition('.')[0] for name in sys.modules}), sep=' ')\n"
        "print(*[p for p in opened if p.endswith(('.csv', '.json', '.yaml'))], sep=' ')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60,
        cwd=_FOLDER.parent.parent,
    )  # fmt: skip
    loaded, opened = done.stdout.splitlines()[:2] if done.stdout.count("\n") > 1 else ("", "?")
    assert HEAVY.isdisjoint(loaded.split())
    assert opened.strip() == ""


def test_no_module_of_the_kernel_knows_django():
    for module in MODULES:
        assert "django" not in (_FOLDER / f"{module}.py").read_text("utf-8")
