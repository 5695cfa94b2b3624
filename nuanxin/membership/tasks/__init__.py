"""Jobs of 会籍; each wraps one action."""
