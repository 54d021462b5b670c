"""Metrics for CloudWatch, written to a function's log in the embedded metric format.

See https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html.
"""

import json
import sys
from contextlib import AbstractContextManager, nullcontext
from time import time

_NAMESPACE = "LeaderForge"
_DIMENSION = "Function"


class CloudWatch:
    """`Telemetry` that writes only gauges, for alarms. Lambda itself reports calls, durations and errors."""

    def __init__(self, function_name: str) -> None:
        self._function_name = function_name

    def transaction(self, name: str) -> AbstractContextManager[None]:
        return nullcontext()

    def timed(self, name: str) -> AbstractContextManager[None]:
        return nullcontext()

    def count(self, name: str, value: int = 1, **labels: str) -> None:
        pass

    def observe(self, name: str, value: float) -> None:
        pass

    def gauge(self, name: str, value: float) -> None:
        metrics = {"Namespace": _NAMESPACE, "Dimensions": [[_DIMENSION]], "Metrics": [{"Name": name}]}
        description = {"Timestamp": int(time() * 1000), "CloudWatchMetrics": [metrics]}
        # One line on standard output: Lambda forwards it to CloudWatch, which extracts the metric without an API call.
        print(json.dumps({"_aws": description, _DIMENSION: self._function_name, name: value}), file=sys.stdout)  # noqa: T201
