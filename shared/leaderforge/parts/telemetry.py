"""Receivers of metrics and traces."""

import asyncio
from collections.abc import Sequence
from functools import partial

from leaderforge.adapters.telemetry.fanout import Fanout
from leaderforge.config import EnvironmentSettings
from leaderforge.parts import Close, Exposition
from leaderforge.ports.telemetry import Telemetry


def receivers_of(settings: EnvironmentSettings) -> tuple[Telemetry, Exposition, Sequence[Close]]:
    """Return the telemetry for the settings, its exposition, and the functions that stop it."""
    from leaderforge.adapters.telemetry.prometheus import Prometheus

    prometheus = Prometheus(multiprocess=settings.metrics_directory is not None)
    receivers: list[Telemetry] = [prometheus]
    stops: list[Close] = []
    if settings.function_name is not None:
        from leaderforge.adapters.telemetry.cloudwatch import CloudWatch

        receivers.append(CloudWatch(settings.function_name))
    if settings.new_relic_license_key is not None:
        from leaderforge.adapters.telemetry.newrelic import NewRelic

        new_relic = NewRelic(settings.new_relic_license_key.get_secret_value(), settings.new_relic_app_name)
        receivers.append(new_relic)
        stops.append(partial(asyncio.to_thread, new_relic.close))
    telemetry = prometheus if len(receivers) == 1 else Fanout(receivers)
    return telemetry, prometheus.exposition, stops
