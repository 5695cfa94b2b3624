"""Decisions of 驿站: pure functions of facts and dated parameters."""
