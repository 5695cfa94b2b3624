"""The facts that rules may ask about: gathered by who calls, from each package's ``facts.py``."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from nuanxin.kernel.fact import Fact

LONGEST_SUGGESTIONS = 3


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Facts by name. ``consent_sql`` says over ``w`` whether consent to ``{purpose}`` stands."""

    facts: Mapping[str, Fact]
    consent_sql: str = field(default="false")

    @classmethod
    def of(cls, *packages: Iterable[Fact], consent_sql: str = "false") -> "Catalogue":
        """Return the catalogue of several packages' facts; raise ``ValueError`` on what is unsound."""
        facts: dict[str, Fact] = {}
        for fact in (fact for package in packages for fact in package):
            if fact.name in facts:
                raise ValueError(f"two facts are called {fact.name}")
            if problems := fact.problems():
                raise ValueError("; ".join(problems))
            facts[fact.name] = fact
        return cls(facts, consent_sql)

    def get(self, name: str) -> Fact | None:
        """Return the fact of this name, or None."""
        return self.facts.get(name)

    def nearest(self, name: str) -> list[Fact]:
        """Return the facts whose name or label is most like what was written."""
        names = difflib.get_close_matches(name, self.facts, LONGEST_SUGGESTIONS, 0.5)
        by_label = {fact.label: fact.name for fact in self.facts.values()}
        labels = difflib.get_close_matches(name, by_label, LONGEST_SUGGESTIONS, 0.4)
        tail = [one for one in self.facts if one.rpartition(".")[2] == name.rpartition(".")[2]]
        found = dict.fromkeys([*tail, *names, *(by_label[label] for label in labels)])
        return [self.facts[one] for one in found][:LONGEST_SUGGESTIONS]

    def sql_of(self, fact: Fact) -> str:
        """Return the expression over ``w``: of a sensitive fact NULL while consent does not stand."""
        if fact.consent is None or fact.sql == "NULL":  # nobody's is kept: no consent is looked up
            return f"({fact.sql})"
        stands = self.consent_sql.replace("{purpose}", str(int(fact.consent)))
        return f"(CASE WHEN {stands} THEN ({fact.sql}) END)"
