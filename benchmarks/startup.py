"""Times of starting up, best of nine, in one run: bare Python, ``import dualion``, ``dualion --help``, ``dualion study check``.

Budgets: importing adds at most 20 ms to bare Python, help takes at most 250 ms, checking a study at most 2 s. Exits with 1 where one
is missed.
"""

from __future__ import annotations

import subprocess
import sys
import time

REPEATS = 9
IMPORT_BUDGET, HELP_BUDGET, CHECK_BUDGET = 0.020, 0.250, 2.0  # [s]

_CLI = "import sys; from dualion.cli.main import main; sys.exit(main(sys.argv[1:]))"


def best(program: str, *arguments: str) -> float:
    """Shortest time [s] of a fresh Python that runs a program."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", program, *arguments], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> int:
    bare = best("pass")
    rows = [
        ("import dualion, over bare Python", best("import dualion") - bare, IMPORT_BUDGET),
        ("dualion --help", best(_CLI, "--help"), HELP_BUDGET),
        ("dualion study check tang2026", best(_CLI, "study", "check", "tang2026"), CHECK_BUDGET),
    ]
    print(f"{'bare Python':34}{1e3 * bare:8.1f} ms")
    for name, seconds, budget in rows:
        print(f"{name:34}{1e3 * seconds:8.1f} ms   budget {1e3 * budget:6.0f} ms   {'kept' if seconds <= budget else 'MISSED'}")
    return int(any(seconds > budget for _, seconds, budget in rows))


if __name__ == "__main__":
    sys.exit(main())
