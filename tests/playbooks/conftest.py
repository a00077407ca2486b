"""Fixtures of the tests of playbooks."""

import pytest
from django.utils import translation

from csirt.reference.bundle import shipped


@pytest.fixture(scope="session")
def bundle():
    """The reference files of the library."""
    return shipped()


@pytest.fixture(autouse=True)
def _leave_no_language_behind():
    """A page asked for in English leaves that language in the thread."""
    yield
    translation.deactivate()
