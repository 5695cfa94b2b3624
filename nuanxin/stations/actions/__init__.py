"""Writes of 驿站: one keyword-only function a verb."""
