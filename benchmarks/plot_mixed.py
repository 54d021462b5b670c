"""Plot of the mixed load, from a result of benchmarks.mixed.

python -m benchmarks.plot_mixed docs/performance/results/mixed.json docs/performance/mixed.svg
"""

from pathlib import Path

import typer

from benchmarks.plotting import COLOURS, new_figure, read, save

PERCENTILES = {"p50_ms": "o", "p95_ms": "|", "p99_ms": ">"}
GOALS_MS = {"p95_ms": 10, "p99_ms": 25}


def main(results: Path, out: Path) -> None:
    """Plot the latency of each kind of request, in each open loop."""
    report = read(results)
    runs = [run for run in report["runs"] if run["loop"] == "open"]
    most = next(run["per_second"] for run in report["runs"] if run["loop"] == "closed")
    title = f"open loop; {report['players']:,} players, at most {most:,}/s in closed loop, {report['taken'][:10]}"
    figure, columns = new_figure(title, len(runs))
    for axes, run in zip(columns, runs, strict=True):
        kinds = list(run["latency"])[::-1]
        for i, kind in enumerate(kinds):
            latency = run["latency"][kind]
            axes.plot([latency["p50_ms"], latency["p99_ms"]], [i, i], color=COLOURS[0], linewidth=2)
            for percentile, marker in PERCENTILES.items():
                axes.plot(latency[percentile], i, marker, color=COLOURS[0], markersize=9)
        for goal in GOALS_MS.values():
            axes.axvline(goal, color=COLOURS[3], linestyle=":", linewidth=1)
        axes.set_yticks(range(len(kinds)), kinds)
        axes.set(xscale="log", title=f"{run['due_per_second']:,} requests a second ({run['share']:.0%})")
        axes.set_xlabel("ms: p50 (dot), p95 (bar), p99 (arrow), goals (dotted)", fontsize=8)
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter("")
    save(figure, out)


if __name__ == "__main__":
    typer.run(main)
