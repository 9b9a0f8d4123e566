"""What every test of the PACS doors shares."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def no_records_that_hold_on_to_sockets() -> Iterator[None]:
    """pynetdicom logs a failed handshake with its traceback, and the record would keep the socket open for long."""
    logger = logging.getLogger("pynetdicom")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(before)
