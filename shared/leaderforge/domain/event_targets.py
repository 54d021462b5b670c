"""Queues and event buses of AWS: endpoints that receive notices instead of an HTTP address."""

import re
from typing import NamedTuple

ARN_PREFIX = "arn:"

_REGION = r"(?P<region>[a-z]{2}(?:-[a-z]+){1,3}-[0-9])"
_ARNS = (
    re.compile(rf"arn:aws:(?P<service>sqs):{_REGION}:(?P<account>[0-9]{{12}}):(?P<name>[\w-]{{1,75}}(\.fifo)?)", re.A),
    re.compile(
        rf"arn:aws:(?P<service>events):{_REGION}:(?P<account>[0-9]{{12}}):event-bus/(?P<name>[\w./-]{{1,256}})", re.A
    ),
)


class AwsTarget(NamedTuple):
    """Target of notices in AWS: a queue (`service` is `sqs`) or an event bus (`events`) of an account in a region."""

    service: str
    region: str
    account: str
    name: str

    @property
    def is_fifo(self) -> bool:
        """Return whether the target is a queue that keeps the order of messages of a group."""
        return self.service == "sqs" and self.name.endswith(".fifo")


def aws_target(arn: str) -> AwsTarget | None:
    """Return the target with this Amazon Resource Name, None if it names neither a queue nor an event bus."""
    matches = (pattern.fullmatch(arn) for pattern in _ARNS)
    return next((AwsTarget(*match.group("service", "region", "account", "name")) for match in matches if match), None)
