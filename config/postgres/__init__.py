"""The embedded PostgreSQL server: where its programs are, how it is set up, started and shared."""
