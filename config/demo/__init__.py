"""The demonstration world: invented people in invented unions of real places, the same by seed.

Everything is made in numpy columns and handed to PostgreSQL by binary COPY. It is for showing and
measuring only: every page of an installation that holds it says so.
"""
