"""Pure decisions of membership: facts and parameters in, verdicts out; no database, no clock."""
