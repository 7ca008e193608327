"""Feeds the check packages that a coverage-guided fuzzer makes of others: ``python -m tests.fuzz --help``."""

import argparse
import random
import sys
import time
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["openaddons.packages"]):
    # These two are imported only where a package needs them.
    import openaddons.packages.network_rules
    import openaddons.packages.policy_schema  # noqa: F401
    from tests.fuzz.oracle import Cost, judge
from tests.fuzz.mutations import mutated

_SEEDS = Path(__file__).parents[1] / "corpus" / "zip"
_LARGEST_BYTES = 1 << 16
_MOST_MIB = 2048
_HANG_SECONDS = 60


class Figures:
    """Judges packages, and says at the end what was seen. libFuzzer leaves without saying goodbye."""

    def __init__(self, *, runs: int, seconds: int) -> None:
        self._last_run = runs
        self._ends_at = time.monotonic() + seconds
        self._told = False
        self.runs = self.accepted = 0
        self.codes: set[str] = set()
        self.slowest = self.hungriest = Cost(0, 0, 0)

    def judge(self, data: bytes) -> None:
        report, cost = judge(data)
        self.runs += 1
        self.accepted += report.package is not None
        self.codes |= {finding.code for finding in report.findings}
        self.slowest = max(self.slowest, cost)
        self.hungriest = max(self.hungriest, cost, key=lambda each: each.grown_bytes)
        if not self._told and (self.runs >= self._last_run or time.monotonic() >= self._ends_at):
            self._told = True
            print(
                f"{self.runs} packages, {self.accepted} accepted, {len(self.codes)} rules broken;\n"
                f"slowest: {self.slowest}\nlargest growth: {self.hungriest}",
                flush=True,
            )


def mutate(data: bytes, max_size: int, seed: int) -> bytes:
    """libFuzzer's hook."""
    changed = mutated(data, random.Random(seed), lambda content: atheris.Mutate(content, max_size))
    return changed if len(changed) <= max_size else atheris.Mutate(data, max_size)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument(
        "seeds", nargs="*", default=[str(_SEEDS)], help="folders of packages; of files, each is tried"
    )
    parser.add_argument(
        "--found", type=Path, default=Path("build/fuzz"), help="folder of what was found so far"
    )
    parser.add_argument("--runs", type=int, default=100_000, help="packages to try (100000)")
    parser.add_argument(
        "--seconds", type=int, default=3600, help="time after which to stop all the same (3600)"
    )
    parser.add_argument("--seed", type=int, default=1, help="where chance begins (1)")
    options = parser.parse_args()
    interesting = options.found / "interesting"
    interesting.mkdir(parents=True, exist_ok=True)
    arguments = {
        "runs": options.runs,
        "max_total_time": options.seconds,
        "seed": options.seed,
        "artifact_prefix": f"{options.found}/",
        "max_len": _LARGEST_BYTES,
        "len_control": 0,
        "timeout": _HANG_SECONDS,
        "rss_limit_mb": _MOST_MIB,
        "print_final_stats": 1,
    }
    are_folders = all(Path(seed).is_dir() for seed in options.seeds)
    atheris.Setup(
        [
            sys.argv[0],
            *(f"-{name}={value}" for name, value in arguments.items()),
            *([str(interesting)] if are_folders else []),
            *options.seeds,
        ],
        Figures(runs=options.runs, seconds=options.seconds).judge,
        custom_mutator=mutate,
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
