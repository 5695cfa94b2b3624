"""Parsing what is asked of figures, and the drafts that are to be checked."""

from nuanxin.figures.forms.days import DaysForm

__all__ = ["DaysForm"]
