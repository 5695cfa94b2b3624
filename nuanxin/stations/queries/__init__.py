"""Scoped reads of 驿站."""
