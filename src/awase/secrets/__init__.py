"""Credentials at rest: sealed with keys that are kept outside the database."""
