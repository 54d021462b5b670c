"""Plugin of pytest that breaks, by a mutation, the rule that a test checks: `pytest -p tests.torture.mutated`."""

import pytest

from tests.torture import mutations


@pytest.fixture(autouse=True)
def mutation(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Break the rule of the test until the test ends."""
    monkeypatch.setattr(mutations, "_replace", monkeypatch.setattr)
    for fault in mutations.MUTATIONS.values():
        if fault.rule_test == request.node.nodeid:
            fault.apply()
