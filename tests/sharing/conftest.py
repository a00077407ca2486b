"""Fixtures of the tests of sharing."""

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def _leave_no_language_behind():
    """A page asked for in English leaves that language in the thread."""
    yield
    translation.deactivate()
