"""The rule language: text → tree → bound to a place and a day → explained, asked, found."""
