#!/usr/bin/env python3
"""Measures Java's ZooKeeper, our server and the ceiling side by side and prints ratios.

Not a test: nothing passes or fails by time here, machines differ. Every round visits all servers in
random order; shown are medians over the rounds, and medians of the ratios within each round.

    compare.py --okapi build/release/server/main/okapi-server        all rows
    compare.py --short get-deep set-alone        two rows, Java and ceiling only
"""
import argparse
import json
import pathlib
import statistics
import sys
import tempfile

from bench_servers import CEILING, JAVA, OKAPI, Programs
from rows import ROWS, Context

BUILD = pathlib.Path(__file__).resolve().parents[2] / "build" / "release"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [row.name for row in ROWS]
    parser.add_argument("rows", nargs="*", metavar="ROW",
                        help=f"of {', '.join(names)}; all if none")
    parser.add_argument("--okapi", help="path of okapi-server; left out without it")
    parser.add_argument("--build", default=BUILD, type=pathlib.Path,
                        help="build directory that holds okapi-bench and okapi-ceiling")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2, help="of each steady run")
    parser.add_argument("--short", action="store_true", help="3 rounds of 0.5 s, small trees")
    parser.add_argument("--directory", help="where the servers keep their data; not a RAM disk")
    parser.add_argument("--json", help="file for every round's numbers")
    chosen = parser.parse_args()
    if unknown := set(chosen.rows) - set(names):
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    if chosen.short:
        chosen.rounds, chosen.seconds = 3, 0.5
    return chosen


def ratios(samples, target, base, measure):
    """The ratios target / base, round by round."""
    pairs = zip(samples.get(target, {}).get(measure, []), samples.get(base, {}).get(measure, []))
    return [value / by for value, by in pairs if by]


def median(values):
    return statistics.median(values) if values else None


def verdict(check, samples):
    """Whether ours meets the aim; nothing when ours or what it is compared with is missing."""
    if check.of:
        found = median(ratios(samples, OKAPI, check.of, check.measure))
    else:
        found = median(samples.get(OKAPI, {}).get(check.measure, []))
    if found is None:
        return None
    return found >= check.aim if check.at_least else found <= check.aim


def number(value):
    if value is None:
        return "-"
    if abs(value) >= 1e6:
        return f"{value / 1e6:.3g} M"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def result_of(row, check, samples):
    values = {kind: median(samples.get(kind, {}).get(check.measure, []))
              for kind in (JAVA, CEILING, OKAPI)}
    of_java = {kind: median(ratios(samples, kind, JAVA, check.measure))
               for kind in (CEILING, OKAPI)}
    return {"row": row.name, "measure": check.measure, "median": values, "ratio_to_java": of_java,
            "ratio_to_ceiling": median(ratios(samples, OKAPI, CEILING, check.measure)),
            "aim": check.text(), "met": verdict(check, samples)}


HEADINGS = ("row", "measure", "Java", "ceiling", "ours", "ceiling/Java", "ours/Java",
            "ours/ceiling", "aim", "")
LAYOUT = "{:<14}{:<22}{:>9}{:>9}{:>9}{:>14}{:>11}{:>14}  {:<18}{}"


def line(result):
    values, of_java = result["median"], result["ratio_to_java"]
    met = {True: "met", False: "MISSED", None: ""}[result["met"]]
    cells = [values[JAVA], values[CEILING], values[OKAPI], of_java[CEILING], of_java[OKAPI],
             result["ratio_to_ceiling"]]
    return LAYOUT.format(result["row"], result["measure"], *map(number, cells), result["aim"], met)


def measure(chosen, root):
    programs = Programs(str(chosen.build / "client/bench/okapi-bench"),
                        str(chosen.build / "tests/bench/okapi-ceiling"),
                        str(pathlib.Path(chosen.okapi).resolve()) if chosen.okapi else None)
    context = Context(programs, root, chosen.rounds, chosen.seconds, chosen.short)
    results, failed = [], False
    print(LAYOUT.format(*HEADINGS), flush=True)
    try:
        for row in ROWS:
            if chosen.rows and row.name not in chosen.rows:
                continue
            try:
                samples = row.run(context)
            except (RuntimeError, OSError) as error:
                print(f"{row.name:<14}failed: {error}", flush=True)
                results.append({"row": row.name, "error": str(error)})
                failed = True
                continue
            for check in row.checks:
                results.append(result_of(row, check, samples))
                print(line(results[-1]), flush=True)
            results[-1]["samples"] = samples
    finally:
        context.close()
    return results, failed


def main():
    chosen = arguments()
    with tempfile.TemporaryDirectory(prefix="okapi-compare-", dir=chosen.directory) as root:
        results, failed = measure(chosen, root)
    if chosen.json:
        document = {"rounds": chosen.rounds, "seconds": chosen.seconds, "results": results}
        pathlib.Path(chosen.json).write_text(json.dumps(document, indent=1))
    # Only a row that could not be measured is an error; a missed aim is a result.
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
