"""Shape what people send (one file a noun); deciding is left to ``membership.rules``."""
