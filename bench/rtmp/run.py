#!/usr/bin/python3
"""The same RTMP work directly, through HAProxy, nginx and srs-proxy, in turn: see README.md."""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from ways import (HOST, MAX_CONNECTIONS, WAYS, SrsProxy, child_setup, first_line,  # noqa: E402
                  install_missing)

ROOT = Path(__file__).resolve().parents[2]
BASE = "haproxy"  # what the others are compared with
QUIET_PERCENT = 10  # of a core, for all else on the machine: below, figures are sound


class Work:
    """One kind of run, and what is printed of it: rows of (label, function of one result)."""

    def __init__(self, name, mode, options, rows, seconds):
        self.name = name
        self.mode = mode
        self.options = options
        self.rows = rows
        self.seconds = seconds


def per_gigabyte(result):
    return result["cpu_seconds"] / (result["delivered_bytes"] / 1e9)


def added(which):
    def row(result, direct):
        return result["latency_us"][which] - direct["latency_us"][which]
    return row


def stream_rows(paced):
    rows = [("CPU s per GB", lambda r, _: per_gigabyte(r))]
    if paced:
        rows += [("CPU ms per stream second",
                  lambda r, _: 1000 * r["cpu_seconds"] / (r["streams"] * r["seconds"])),
                 ("added latency p50, us", added("p50")),
                 ("added latency p99, us", added("p99")),
                 ("added latency p99.9, us", added("p999"))]
    else:
        rows.append(("GB per second", lambda r, _: r["delivered_bytes"] / 1e9 / r["seconds"]))
    rows.append(("CPU used, %", lambda r, _: 100 * r["cpu_seconds"] / r["seconds"]))
    return rows


SETUP_ROWS = [("CPU ms per set-up", lambda r, _: 1000 * r["cpu_seconds"] / r["streams"]),
              ("set-ups per CPU second", lambda r, _: r["streams"] / r["cpu_seconds"]),
              ("set-ups per second", lambda r, _: r["streams"] / r["seconds"])]
IDLE_ROWS = [("resident KiB per session",
              lambda r, _: r["resident_bytes_per_session"] / 1024),
             ("CPU ms per second, all idle", lambda r, _: 1000 * r["cpu_seconds"] / r["seconds"])]


def works(options):
    """In the order in which they are run."""
    all_works = []
    for streams in options.paced:
        for direction in options.directions:
            all_works.append(Work(
                f"paced, {streams} streams of {options.kbit} kbit/s, {direction}", "stream",
                [f"--direction={direction}", f"--streams={streams}", f"--kbit={options.kbit}"],
                stream_rows(True), options.seconds))
    for streams in options.saturate:
        for direction in options.directions:
            all_works.append(Work(
                f"saturating, {streams} streams, {direction}", "stream",
                [f"--direction={direction}", f"--streams={streams}", "--saturate"],
                stream_rows(False), options.seconds / 2))
    if options.setups:
        for direction in options.directions:
            all_works.append(Work(f"{options.setups} set-ups, {direction}", "setups",
                                  [f"--direction={direction}", f"--streams={options.setups}"],
                                  SETUP_ROWS, 1))
    if options.idle:
        all_works.append(Work(f"{options.idle} idle sessions that have published", "idle",
                              [f"--streams={options.idle}", "--parallel=64"], IDLE_ROWS, 2))
    return all_works


def measure(work, way_class, options, folder):
    with way_class(options.proxy_cpus, folder) as way:
        command = [str(options.build / "bin/rtmp_load"), work.mode,
                   f"--target={HOST}:{way.port}", f"--origin={HOST}:{way.origin}",
                   f"--seconds={work.seconds}", f"--chunk={options.chunk}", *work.options]
        command += [f"--pid={pid}" for pid in way.pids()]
        # Bounded: a load that hangs is stopped, too.
        done = subprocess.run(command, capture_output=True, text=True, check=False,
                              timeout=work.seconds + 60, preexec_fn=child_setup(options.load_cpus))
    if done.returncode != 0:
        raise RuntimeError(f"{way_class.name}: {work.name}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def disturbance(results):
    """CPU time of anything else while it was measured, in % of a core; the median of the runs."""
    return statistics.median(100 * r["other_cpu_seconds"] / r["seconds_in_all"] for r in results)


def faults(result):
    return {key: result[key] for key in ("lost", "reordered", "corrupted", "failed_sessions")
            if result[key]}


def run_all(options, folder, results):
    """Fills `results`: {work: {way: [result of each run]}}. Returns what went wrong."""
    wrong = []
    every_work = works(options)
    for run in range(options.runs):
        for work in every_work:
            # Rotated, so that none is always the first after another's work.
            turn = run % len(options.ways)
            for name in options.ways[turn:] + options.ways[:turn]:
                try:
                    result = measure(work, WAYS[name], options, folder)
                except (RuntimeError, subprocess.TimeoutExpired) as error:
                    wrong.append(str(error))
                    print(f"! {error}", file=sys.stderr)
                    continue
                if faults(result):
                    wrong.append(f"{name}: {work.name}: {faults(result)} "
                                 f"{result['first_failure']}")
                    print(f"! {wrong[-1]}", file=sys.stderr)
                results.setdefault(work.name, {}).setdefault(name, []).append(result)
            print(f"  run {run + 1}/{options.runs}: {work.name}", file=sys.stderr)
    return wrong


def median_row(row, by_way):
    """The median of one figure for each way."""
    # Run i of a way and run i of direct were made next to each other only roughly; the median
    # of direct is the better zero.
    direct = by_way.get("direct", [])
    zero = {"latency_us": {key: statistics.median(r["latency_us"][key] for r in direct)
                           for key in ("p50", "p99", "p999")}} if direct else None
    figures = {}
    for name, results in by_way.items():
        if name == "direct":
            continue
        try:
            figures[name] = statistics.median(row(result, zero) for result in results)
        except (TypeError, ZeroDivisionError):
            figures[name] = None  # no direct run to compare with, or nothing delivered
    return figures


def print_table(options, results):
    names = [name for name in options.ways if name != "direct"]
    for work in works(options):
        by_way = results.get(work.name, {})
        print(f"\n{work.name}")
        print(" " * 28 + "".join(f"{name:>20}" for name in names))
        for label, row in work.rows:
            figures = median_row(row, by_way)
            cells = ""
            for name in names:
                value, base = figures.get(name), figures.get(BASE)
                text = "-" if value is None else f"{value:.4g}"
                if value is not None and base:
                    text += f" ({value / base:5.2f})"
                cells += f"{text:>20}"
            print(f"  {label:<26}{cells}")
        if by_way:
            print(f"  {'others on the machine, %':<26}" + "".join(
                f"{disturbance(by_way[name]):>20.0f}" if name in by_way else f"{'-':>20}"
                for name in names))
        if work.mode == "stream" and "direct" in by_way:
            latency = {key: statistics.median(r["latency_us"][key] for r in by_way["direct"])
                       for key in ("p50", "p99", "p999")}
            own = statistics.median(100 * r["own_cpu_seconds"] / r["seconds"]
                                    for r in by_way["direct"])
            print(f"  direct: latency p50 {latency['p50']:.0f}, p99 {latency['p99']:.0f}, "
                  f"p99.9 {latency['p999']:.0f} us; load generator {own:.0f} % of a core")


def print_header(options):
    model = next((line.split(":", 1)[1].strip()
                  for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), "unknown CPU")
    print(f"{model}, {os.cpu_count()} CPUs, Linux {platform.release()}, "
          f"load before: {os.getloadavg()[0]:.2f}")
    print("; ".join(filter(None, (first_line("haproxy", "-v"), first_line("nginx", "-v"),
                                  first_line(str(SrsProxy.binary), "--version")))))
    print(f"{SrsProxy.binary}, event_loops {SrsProxy.loops}; proxy on CPUs "
          f"{sorted(options.proxy_cpus) or 'any'}, load on {sorted(options.load_cpus) or 'any'}")
    print("command: " + " ".join(sys.argv))


def numbers(text):
    return [int(part) for part in text.split(",") if part]


def read_options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=ROOT / "build/release",
                        help="build folder with bin/srs-proxy and bin/rtmp_load")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--quick", action="store_true",
                        help="one short run with few streams: shows that all works, not how fast")
    parser.add_argument("--ways", default=",".join(WAYS), help="which to compare")
    parser.add_argument("--directions", default="publish,play")
    parser.add_argument("--seconds", type=float, default=10,
                        help="measured in each paced run; saturating ones take half of it")
    parser.add_argument("--paced", type=numbers, default=[200], help="numbers of paced streams")
    parser.add_argument("--kbit", type=int, default=4000, help="bit rate of a paced stream")
    parser.add_argument("--saturate", type=numbers, default=[8], help="of saturating streams")
    parser.add_argument("--setups", type=int, default=3000)
    parser.add_argument("--idle", type=int, default=2000)
    parser.add_argument("--chunk", type=int, default=4096, help="RTMP chunk size of both ends")
    parser.add_argument("--event-loops", type=int, default=1, help="of srs-proxy")
    parser.add_argument("--proxy-cpus", type=numbers, default=[0],
                        help="CPUs for the proxy; empty: any")
    parser.add_argument("--load-cpus", type=numbers, default=[1],
                        help="CPUs for clients and origin; empty: any")
    parser.add_argument("--json", type=Path, help="write every single result here")
    options = parser.parse_args()
    options.build = options.build.resolve()
    options.ways = options.ways.split(",")
    options.directions = options.directions.split(",")
    if unknown := set(options.ways) - set(WAYS):
        parser.error(f"--ways: unknown: {', '.join(sorted(unknown))}")
    if unknown := set(options.directions) - {"publish", "play"}:
        parser.error(f"--directions: unknown: {', '.join(sorted(unknown))}")
    if max([options.idle + 200, *options.paced, *options.saturate]) > MAX_CONNECTIONS:
        parser.error(f"more than {MAX_CONNECTIONS} sessions at a time")
    usable = os.sched_getaffinity(0)
    if not set(options.proxy_cpus + options.load_cpus) <= usable:
        options.proxy_cpus, options.load_cpus = [], []
    for needed in ("bin/rtmp_load", "bin/srs-proxy"):
        if not (options.build / needed).exists():
            parser.error(f"{options.build / needed} is not there: build it, or name a build "
                         "folder with --build")
    if options.quick:
        options.runs, options.seconds = 1, 2
        options.paced, options.saturate, options.setups, options.idle = [20], [4], 200, 200
    return options


def main():
    options = read_options()
    install_missing()
    SrsProxy.binary = options.build / "bin/srs-proxy"
    SrsProxy.loops = options.event_loops
    print_header(options)
    results = {}
    with tempfile.TemporaryDirectory(prefix="rtmp-bench-") as folder:
        wrong = run_all(options, Path(folder), results)
    print_table(options, results)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))
    disturbed = [f"{work}, {name}" for work, by_way in results.items()
                 for name, runs in by_way.items() if disturbance(runs) > QUIET_PERCENT]
    if disturbed:
        print(f"\nNOT TO BE QUOTED: others used more than {QUIET_PERCENT} % of a core in "
              f"{len(disturbed)} of the measurements above")
    total = sum(len(runs) for by_way in results.values() for runs in by_way.values())
    print(f"\n{total} runs; " + (f"{len(wrong)} WRONG:" if wrong else
                                 "no message lost, reordered or corrupted, no session failed"))
    for line in wrong:
        print(f"  {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
