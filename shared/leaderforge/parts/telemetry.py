"""Receivers of metrics and traces."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from leaderforge.adapters.telemetry.fanout import Fanout
from leaderforge.config import EnvironmentSettings
from leaderforge.parts import Close, Exposition
from leaderforge.ports.telemetry import Telemetry
from leaderforge.ports.tracing import Tracer


class Watching(NamedTuple):
    """Receivers of metrics and traces for the settings, the exposition of metrics, and functions to stop them all."""

    telemetry: Telemetry
    tracer: Tracer | None
    exposition: Exposition
    stops: Sequence[Close]


def receivers_of(settings: EnvironmentSettings) -> Watching:
    """Return the receivers for the settings."""
    from leaderforge.adapters.telemetry.prometheus import Prometheus, PrometheusOfWorkers

    prometheus = Prometheus() if settings.metrics_directory is None else PrometheusOfWorkers()
    receivers: list[Telemetry] = [prometheus]
    tracer: Tracer | None = None
    stops: list[Close] = []
    if settings.function_name is not None:
        from leaderforge.adapters.telemetry.cloudwatch import CloudWatch

        receivers.append(CloudWatch(settings.function_name))
    if settings.new_relic_license_key is not None:
        from leaderforge.adapters.telemetry.newrelic import NewRelic

        new_relic = NewRelic(settings.new_relic_license_key.get_secret_value(), settings.new_relic_app_name)
        receivers.append(new_relic)
        stops.append(partial(asyncio.to_thread, new_relic.close))
    if settings.exports_otlp:
        from leaderforge.adapters.telemetry.opentelemetry import OpenTelemetry

        export = OpenTelemetry(settings.otel_service_name)
        receivers.append(export.telemetry)
        tracer = export.tracer
        stops.append(partial(asyncio.to_thread, export.close))
    telemetry = prometheus if len(receivers) == 1 else Fanout(receivers)
    return Watching(telemetry, tracer, prometheus.exposition, stops)
