"""The database of the tests: PostgreSQL as in production, and a way to empty its guarded tables between tests."""
