import pytest
import yaml

from csirt.reference.bundle import DATA, shipped


@pytest.fixture(scope="session")
def bundle():
    return shipped()


def given_reports():
    text = (DATA / "reports.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)["reports"]


def pytest_generate_tests(metafunc):
    if "given_report" in metafunc.fixturenames:
        found = given_reports()
        metafunc.parametrize("given_report", found, ids=[report["id"] for report in found])
    if "form_report" in metafunc.fixturenames:
        found = [report for report in given_reports() if "answers" in report]
        metafunc.parametrize("form_report", found, ids=[report["id"] for report in found])
