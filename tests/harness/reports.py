"""Turn the offences of a page into pytest reports."""

from __future__ import annotations

import pytest


def outcome_report(reports: list[pytest.TestReport], item: pytest.Item) -> pytest.TestReport:
    """The report with the test's result: that of its call, or else of the phase that stopped it."""
    for report in reports:
        if report.when == "call" or report.outcome != "passed":
            return report
    report = pytest.TestReport(item.nodeid, item.location, {}, "passed", None, "call")
    reports.append(report)
    return report


def blame(report: pytest.TestReport, problems: list[str], console: list[str]) -> None:
    """Make the report a failure if there are problems, and show the browser's console with it."""
    if problems:
        text = "\n\n".join(problems)
        if report.outcome == "failed":
            report.sections.append(("Found after the test", text))
        else:
            report.outcome = "failed"
            report.longrepr = text
            # Such a failure counts even in a test that is expected to fail.
            report.__dict__.pop("wasxfail", None)
    if console:
        report.sections.append(("Browser console", "\n".join(console)))
