"""Pages of 驿站: parse, one call, answer."""
