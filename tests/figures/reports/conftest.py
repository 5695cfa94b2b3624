"""Reports made into files in these tests."""

from functools import partial

import pytest

from nuanxin.figures.forms.report_addresses import address_of
from nuanxin.figures.forms.report_files import report_file
from nuanxin.figures.queries.reports import compose_report
from tests.figures.conftest import NOW

SITE = "https://union.example"


@pytest.fixture
def made(world):
    """Return a function that makes a report into a file; the report must be free of faults."""

    def make(text: str, kind: str) -> bytes:
        composed = compose_report(text, now=NOW)
        assert composed.document is not None, composed.faults
        return report_file(composed.document, kind, partial(address_of, site=SITE))

    return make
