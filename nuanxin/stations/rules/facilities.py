"""Which kinds of facilities there are, and what they are called."""

from datetime import date

from nuanxin.kernel.parameters import NATION, parameter


def facility_labels(on: date) -> dict[str, str]:
    """Return the kinds in the order in which pages show them, with their Chinese labels."""
    labels: dict[str, str] = parameter("stations.facilities", adcode=NATION, on=on).value
    return dict(labels)
