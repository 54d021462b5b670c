"""Plugin of pytest that prints the CPU time of each test module: `make tests ARGS="-p tests.costs tests/acceptance"`.

The CPU time includes all processes that the tests start, also servers that many modules share.
"""

import resource
from collections import Counter
from collections.abc import Generator
from contextlib import suppress
from typing import Any

import psutil
import pytest

_SHOWN = 40
"""Number of modules in the table."""


def used_s() -> float:
    """Return the CPU time in s of this process and of all processes that it and its descendants have started."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = sum(psutil.Process().cpu_times()[:2]) + ended.ru_utime + ended.ru_stime
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            used += sum(process.cpu_times()[:4])  # including the times of its ended children
    return used


class _Costs:
    """CPU time in s of each module, and of the collection."""

    def __init__(self) -> None:
        self.modules: Counter[str] = Counter()
        self._before = 0.0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, Any, Any]:
        result = yield
        if nextitem is None or nextitem.path != item.path:  # the fixtures of the module have ended
            self._note(item.nodeid.partition("::")[0])
        return result

    def pytest_collection_finish(self) -> None:
        self._note("(collection)")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if (output := getattr(session.config, "workeroutput", None)) is not None:
            output["costs"] = dict(self.modules)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Add the costs of a process of pytest-xdist."""
        self.modules.update(getattr(node, "workeroutput", {}).get("costs", {}))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section(f"CPU time in s: {self.modules.total():.0f}")
        for module, seconds in self.modules.most_common(_SHOWN):
            terminalreporter.write_line(f"{seconds:7.1f}  {module}")

    def _note(self, name: str) -> None:
        used = used_s()
        self.modules[name] += used - self._before  # type: ignore[assignment]
        self._before = used


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(_Costs(), "costs")
