import pytest

from csirt.reference.bundle import shipped


@pytest.fixture(scope="session")
def bundle():
    return shipped()


@pytest.fixture
def texts(bundle):
    return dict(bundle.texts)
