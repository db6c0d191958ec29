"""What the store's tests share."""

from __future__ import annotations

import pytest

from tests.support.database import fresh_database


@pytest.fixture
def dsn() -> str:
    """A new, empty database."""
    return fresh_database()
