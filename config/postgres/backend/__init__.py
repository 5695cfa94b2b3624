"""Django's PostgreSQL backend with a pool that notices dead connections at no cost."""
