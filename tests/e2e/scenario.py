"""What every e2e test shares: its arguments, its folder, and how it ends.

    if __name__ == "__main__":
        scenario.main(run)          # run(context), raises when something is wrong

Exit code 0: passed; 1: failed; 77: skipped, because there is no real API
server here (with CI=true that is a failure).
"""

import argparse
import os
import pathlib
import random
import shutil
import sys
import tempfile
import time
import traceback

import checker
import rig
import writers

ROOT = rig.ROOT
SKIPPED = 77


class Failed(Exception):
    """The test found something wrong."""


class Context:
    """seed, folders, and a line of output with the time since the start."""

    def __init__(self, seed, bin_dir, servers, work, scale, count=None):
        """`count`: of random cases, in a test that has them."""
        self.seed = seed
        self.rng = random.Random(seed)
        self.bin = bin_dir
        self.servers = servers
        self.work = work
        self.scale = scale
        self.count = count
        self._began = time.monotonic()

    def say(self, text):
        print(f"[{time.monotonic() - self._began:6.1f} s] {text}", flush=True)

    def cluster(self, name="one", api_flags=(), version=None):
        return rig.Cluster(self.servers, self.work, name, api_flags, version)

    def expect(self, problems, what):
        """Fails with the first problems, unless there are none."""
        if problems:
            shown = "\n  ".join(problems[:20])
            raise Failed(f"{what}: {len(problems)} problem(s)\n  {shown}")
        self.say(f"ok: {what}")

    def prove(self, export, problems, rounds=3):
        """Fails when problems(text) overlooks a damage done to the export."""
        count = 0
        for what, damaged in checker.damages(
                export, self.rng, writers.PAIRS, writers.NAMESPACES, rounds):
            if not problems(damaged):
                raise Failed(f"the checker did not find: {what}")
            count += 1
        self.say(f"ok: each of {count} damages would be found")


def in_ci():
    return os.environ.get("CI") == "true"


def main(run, needs_programs=True, count=None):
    """`count`: how many random cases unless --count says; None: it has none."""
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("--seed", type=int,
                        default=random.SystemRandom().randrange(10**9))
    parser.add_argument("--bin", type=pathlib.Path,
                        default=ROOT / "build" / "debug" / "bin",
                        help="folder of kubescribed and kubescribe")
    parser.add_argument("--servers", type=pathlib.Path,
                        help="folder of kube-apiserver and etcd")
    parser.add_argument("--scale", type=float, default=1.0,
                        help="a part of the writes and kills, for a quick look")
    parser.add_argument("--keep", action="store_true",
                        help="keep the folder of a passed run, too")
    if count is not None:
        parser.add_argument("--count", type=int, default=count,
                            help="of random cases")
    options = parser.parse_args()
    servers = options.servers or rig.find_servers()
    if not servers:
        print("skipped: no kube-apiserver here; tools/servers builds one")
        sys.exit(1 if in_ci() else SKIPPED)
    if needs_programs and not (options.bin / "kubescribed").exists():
        sys.exit(f"no kubescribed in {options.bin}: build it, or give --bin")

    print(f"seed {options.seed} (again: --seed {options.seed})", flush=True)
    work = pathlib.Path(tempfile.mkdtemp(prefix="kubescribe-e2e-"))
    context = Context(options.seed, options.bin.resolve(),
                      pathlib.Path(servers), work, options.scale,
                      getattr(options, "count", None))
    try:
        run(context)
    except Exception as error:
        if not isinstance(error, Failed):
            traceback.print_exc()
        print(f"FAILED with seed {options.seed}: {error}\n"
              f"everything is kept in {work}", flush=True)
        sys.exit(1)
    context.say(f"passed with seed {options.seed}")
    if not options.keep:
        shutil.rmtree(work, ignore_errors=True)
