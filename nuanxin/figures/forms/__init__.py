"""Parsing what is asked of figures, and the drafts that are to be checked."""
