"""A shop kept in a database: sealed customers, their keys elsewhere, every use in a ledger.

SQLite in one file or PostgreSQL, by the same code. It takes the `store` extra; nothing outside this package imports it
before a database is asked for.
"""
