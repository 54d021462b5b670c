"""Descriptions of other servers for `benchmarks.peers`."""

from pathlib import Path

import pytest
import typer

from benchmarks.peers import ratio, read_peer

EXAMPLE = Path(__file__).parents[2] / "benchmarks" / "peer-example.toml"


def described(directory: Path, requests: str) -> Path:
    path = directory / "peer.toml"
    path.write_text(f'name = "other"\nurl = "http://127.0.0.1:9"\nplayers = 3\n{requests}')
    return path


def test_the_example_describes_requests_of_the_product() -> None:
    peer = read_peer(EXAMPLE, "http://127.0.0.1:7350")
    assert set(peer.requests) == {"submit", "top", "rank", "random_page", "around"}
    kind, request = peer.maker("submit")()
    head, _, body = request.decode().partition("\r\n\r\n")
    assert (kind, head.splitlines()[:2]) == ("submit", ["POST /api/scores HTTP/1.1", "Host: 127.0.0.1:7350"])
    assert f"Content-Length: {len(body)}" in head.splitlines()
    assert body.startswith('{"user_id": ')


def test_each_request_is_about_another_player(tmp_path: Path) -> None:
    peer = read_peer(described(tmp_path, '[requests.rank]\npath = "/rank/user-$player"\n'))
    make = peer.maker("rank")
    assert {make()[1].split()[1] for _ in range(50)} == {b"/rank/user-1", b"/rank/user-2", b"/rank/user-3"}


@pytest.mark.parametrize(
    ("requests", "reason"),
    [
        ('[requests.flight]\npath = "/"\n', "unknown kinds flight"),
        ('[requests.rank]\npth = "/"\n', "requests.rank.path"),
        ("[requests", "peer.toml"),
    ],
)
def test_a_wrong_description_is_explained(tmp_path: Path, requests: str, reason: str) -> None:
    with pytest.raises(typer.BadParameter, match=reason):
        read_peer(described(tmp_path, requests))


def test_ratios_compare_figures_of_one_round() -> None:
    product = [{"rate": 20.0, "p99": 5.0}, {"rate": 90.0, "p99": 7.0}, {"rate": 40.0, "p99": 6.0}]
    peer = [{"rate": 10.0, "p99": 9.0}, {"rate": 30.0, "p99": 9.0}, {"rate": 20.0, "p99": 8.0}]
    ratios = ratio({"product": product, "peer": peer})
    assert (ratios["rate"][1], ratios["p99"]) == (2.0, {"product": 6.0, "peer": 9.0})
