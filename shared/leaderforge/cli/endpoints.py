"""`leaderforge endpoints`: webhook endpoints that receive events."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from leaderforge.cli.target import DEFAULT_DATA_DIR, DataDir, run_with_services
from leaderforge.cli.times import time_text
from leaderforge.domain.callers import COMMAND
from leaderforge.domain.notice_types import NoticeType

if TYPE_CHECKING:
    from leaderforge.domain.endpoints import Endpoint
    from leaderforge.services.endpoints import EndpointService

T = TypeVar("T")

_MAX_SHOWN = 200

endpoints = typer.Typer(no_args_is_help=True, help="Create, list, test and delete webhook endpoints.")

IdArgument = Annotated[str, typer.Argument(help="Id of the endpoint, such as whe_0011...", show_default=False)]
UrlArgument = Annotated[
    str,
    typer.Argument(
        help="Public address, with https, or with credentials of AWS the ARN of a queue or bus.", show_default=False
    ),
]
TypeOptions = Annotated[
    list[NoticeType] | None, typer.Option("--type", help="Type of events to receive. By default all.")
]
BoardOptions = Annotated[list[str] | None, typer.Option("--board", help="Board whose events to receive.")]
SecretOverlap = Annotated[int, typer.Option("--overlap", help="Seconds for which the old secret signs too.", min=0)]


@endpoints.command(epilog="Example: leaderforge endpoints create https://game.example/hooks --type score.improved")
def create(
    url: UrlArgument, *, types: TypeOptions = None, boards: BoardOptions = None, data_dir: DataDir = DEFAULT_DATA_DIR
) -> None:
    """Create an endpoint, and print its id and its secret. The endpoint receives events from now on."""
    issued = _run(data_dir, lambda service: service.create(url, types or (), boards or (), COMMAND.actor))
    typer.echo(f"{issued.endpoint.endpoint_id}\t{issued.secret}")


@endpoints.command("list")
def list_(*, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """List all endpoints in order of creation."""
    for endpoint in _run(data_dir, lambda service: service.all()):
        typer.echo(f"{endpoint.endpoint_id}\t{endpoint.url}\t{_state(endpoint)}")


@endpoints.command()
def disable(endpoint_id: IdArgument, *, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Send nothing to an endpoint until it is enabled."""
    typer.echo(_state(_run(data_dir, lambda service: service.set_disabled(endpoint_id, True, COMMAND.actor))))


@endpoints.command()
def enable(endpoint_id: IdArgument, *, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Enable an endpoint again. It receives the events that it missed and that are still kept."""
    typer.echo(_state(_run(data_dir, lambda service: service.set_disabled(endpoint_id, False, COMMAND.actor))))


@endpoints.command()
def delete(endpoint_id: IdArgument, *, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Delete an endpoint permanently, with its delivery log and its dead letters."""
    _run(data_dir, lambda service: service.delete(endpoint_id, COMMAND.actor))


@endpoints.command()
def rotate(endpoint_id: IdArgument, *, overlap: SecretOverlap = 0, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Replace the secret of an endpoint, and print the new one."""
    typer.echo(_run(data_dir, lambda service: service.rotate(endpoint_id, overlap, COMMAND.actor)).secret)


@endpoints.command("test")
def send_test(endpoint_id: IdArgument, *, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Send a test event from this machine. Exit with 1 if the endpoint does not accept it."""
    attempt = _run(data_dir, lambda service: service.test(endpoint_id))
    typer.echo(f"{attempt.error or f'status {attempt.status}'} after {attempt.duration_ms} ms")
    if not attempt.has_succeeded:
        raise typer.Exit(1)


@endpoints.command()
def deliveries(endpoint_id: IdArgument, *, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """List the latest requests to an endpoint, newest first."""
    for logged in _run(data_dir, lambda service: service.attempts(endpoint_id, _MAX_SHOWN)):
        result = logged.attempt.error or f"status {logged.attempt.status}"
        typer.echo(f"{time_text(logged.at)}\t{logged.type}\t{logged.notice_id}\tattempt {logged.number}\t{result}")


@endpoints.command("dead-letters")
def dead_letters(endpoint_id: IdArgument, *, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """List the events that were given up for an endpoint, newest first."""
    for letter in _run(data_dir, lambda service: service.dead(endpoint_id, _MAX_SHOWN)):
        notice = letter.queued.notice
        typer.echo(f"{time_text(letter.dead_at)}\t{notice.type}\t{notice.notice_id}\t{letter.reason}")


@endpoints.command()
def redrive(endpoint_id: IdArgument, *, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Send all dead letters of an endpoint again."""
    typer.echo(f"{_run(data_dir, lambda service: service.redrive(endpoint_id, COMMAND.actor))} events are sent again")


def _run(data_dir: Path, work: "Callable[[EndpointService], Awaitable[T]]") -> T:
    """Run `work` with the endpoint service of the target service, and return its result."""
    return run_with_services(data_dir, lambda product: work(product.events.endpoints))


def _state(endpoint: "Endpoint") -> str:
    if endpoint.disabled_at is not None:
        return f"disabled {time_text(endpoint.disabled_at)}: {endpoint.disabled_reason}"
    return "failing" if endpoint.failures else "enabled"
