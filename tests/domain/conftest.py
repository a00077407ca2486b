import pytest

from csirt.reference.bundle import shipped
from csirt.reference.reports import given_reports


@pytest.fixture(scope="session")
def bundle():
    return shipped()


def pytest_generate_tests(metafunc):
    if "given_report" in metafunc.fixturenames:
        found = given_reports()
        metafunc.parametrize("given_report", found, ids=[report["id"] for report in found])
    if "form_report" in metafunc.fixturenames:
        found = [report for report in given_reports() if "answers" in report]
        metafunc.parametrize("form_report", found, ids=[report["id"] for report in found])
