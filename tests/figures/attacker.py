"""Somebody who solves for what he was not told: exact linear algebra in fractions."""

from fractions import Fraction
from typing import Any

Atom = Any
"""What sums are made of and nobody tells; of one attacker all compare with each other."""
Row = dict[Any, Fraction]
"""A sum of atoms, each with how often it counts."""


class Attacker:
    """Keeps the span of all he was told, as rows in echelon form."""

    def __init__(self) -> None:
        self.rows: dict[Atom, Row] = {}

    def learn(self, row: Row) -> None:
        """Take in that a sum is known."""
        rest = self._rest(row)
        if not rest:
            return
        lead = min(rest)
        scale = rest[lead]
        rest = {atom: part / scale for atom, part in rest.items()}
        for other in self.rows.values():
            if lead in other:
                _take_off(other, rest, other[lead])
        self.rows[lead] = rest

    def knows(self, row: Row) -> bool:
        """Return whether the sum follows from what he was told."""
        return not self._rest(row)

    def _rest(self, row: Row) -> Row:
        rest = dict(row)
        for atom in sorted(row):
            if atom in rest and atom in self.rows:
                _take_off(rest, self.rows[atom], rest[atom])
        return rest


def _take_off(row: Row, other: Row, times: Fraction) -> None:
    for atom, part in list(other.items()):
        left = row.get(atom, Fraction(0)) - times * part
        if left:
            row[atom] = left
        else:
            row.pop(atom, None)


def difference(later: Row, earlier: Row) -> Row:
    """Return one sum less another."""
    row = dict(later)
    _take_off(row, earlier, Fraction(1))
    return row
