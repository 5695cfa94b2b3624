"""Scoped reads of 会籍 (one file a noun): finished rows, never more than the actor may see."""
