"""What is wrong with a report: where, with which stable code, and what to do about it."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that stops the render, or (``is_warning``) that somebody should look at.

    ``line`` and ``column`` count from one, in the text as it was typed.
    """

    line: int
    column: int
    code: str
    message: str
    is_warning: bool = False

    def as_plain(self) -> dict[str, Any]:
        """Return the fault as JSON tells it."""
        return {
            "line": self.line,
            "column": self.column,
            "code": self.code,
            "message": self.message,
        }


@dataclass
class Faults:
    """All that was found so far; the same thing at the same place is told once."""

    found: list[Fault] = field(default_factory=list)

    def stop(self, line: int, column: int, code: str, message: str) -> None:
        """Add what stops the render."""
        self._add(Fault(line, column, f"figures.report_{code}", message))

    def warn(self, line: int, column: int, code: str, message: str) -> None:
        """Add what should be looked at."""
        self._add(Fault(line, column, f"figures.report_{code}", message, is_warning=True))

    def refuse(self, line: int, column: int, code: str, message: str) -> None:
        """Add a refusal of another part with its own code."""
        self._add(Fault(line, column, code, message))

    def _add(self, fault: Fault) -> None:
        if fault not in self.found:
            self.found.append(fault)

    @property
    def stops(self) -> list[Fault]:
        """Return what stops the render, from the top down."""
        return sorted(one for one in self.found if not one.is_warning)

    @property
    def warnings(self) -> list[Fault]:
        """Return what should be looked at, from the top down."""
        return sorted(one for one in self.found if one.is_warning)
