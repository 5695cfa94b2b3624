"""Numbers of a few people, for those who may not see persons: not told, the others to the ten."""

LEAST = 10
FEW = f"不到 {LEAST}"


def told(number: int, *, is_exact: bool) -> str:
    """Return a number of people as it is told: as it is, or to the ten, or that they are few."""
    if is_exact or not number:
        return f"{number:,}"
    return FEW if number < LEAST else f"约 {(number + LEAST // 2) // LEAST * LEAST:,}"
