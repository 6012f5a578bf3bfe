#!/usr/bin/env python3
"""Every example of every --help works on a small recorded cluster.

    tests/e2e/test_help.py --bin build/debug/bin

Records a simulated cluster as tools/quickstart does, and runs each line of
each "Examples:" there. A question finds something or nothing (0, 3; diff 0, 1);
of commands that write, or that want a recorder or another disk, the words at
least are right: the code is not 2. And a span of times of day may end at one
that is still to come.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

QUESTIONS = {"get", "describe", "history", "gaps", "status", "clusters",
             "resources", "completion", "diff"}


def record(bin_dir, folder):
    """Records what a simulated cluster holds, and ends."""
    kubeconfig = folder / "kubeconfig"
    with open(folder / "sim.log", "w+", encoding="utf-8") as log:
        sim = subprocess.Popen(
            [bin_dir / "kubescribe-sim", "--seed", "7", "--objects", "500",
             "--rate", "30", "--write-kubeconfig", kubeconfig],
            stdout=log, stderr=subprocess.STDOUT)
        try:
            deadline = time.monotonic() + 60
            while "ready" not in (folder / "sim.log").read_text():
                if time.monotonic() > deadline or sim.poll() is not None:
                    sys.exit("the simulated cluster did not start")
                time.sleep(0.05)
            subprocess.run(
                [bin_dir / "kubescribed", "--kubeconfig", kubeconfig, "--once",
                 "--data", folder / "data", "--log-level", "error"],
                check=True, timeout=120)
        finally:
            sim.terminate()
            sim.wait()


def examples(text):
    """The lines of "Examples:" that are commands."""
    block = re.search(r"^Examples:\n((?:  .*\n|\n)+)", text, re.MULTILINE)
    for line in (block.group(1) if block else "").splitlines():
        line = re.split(r"\s{3,}", line.strip())[0]
        if "kubescribe " in line:
            yield line


def spans_that_are_wrong(run):
    """From eleven until two, asked where it is past twelve."""
    zone = f"TZ=Etc/GMT{time.gmtime().tm_hour - 12:+d}"
    found = 0, 3
    spans = {"--since 11:00 --until 14:00": (found, False),
             "--until 14:00": (found, True),
             "--since 14:00 --until 14:01": (found, True),
             "--since 'today 18:00' --until 14:00": ((2,), False)}
    wrong = 0
    for span, (codes, yesterdays) in spans.items():
        answer = run(f"{zone} kubescribe gaps --all {span}")
        if answer.returncode not in codes or (
                "yesterday" in answer.stderr) != yesterdays:
            wrong += 1
            print(f"{zone} {span}: exit {answer.returncode}\n"
                  f"{answer.stderr.strip()}")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    bin_dir = parser.parse_args().bin.absolute()
    with tempfile.TemporaryDirectory() as work:
        folder = pathlib.Path(work)
        record(bin_dir, folder)
        (folder / "home/.config/fish/completions").mkdir(parents=True)
        environment = dict(
            os.environ, KUBESCRIBE_DATA=str(folder / "data"),
            KUBECONFIG=str(folder / "kubeconfig"), HOME=str(folder / "home"),
            TZ="UTC", PATH=f"{bin_dir}:{os.environ['PATH']}")

        def run(line):
            return subprocess.run(
                ["bash", "-o", "pipefail", "-c", line], cwd=folder / "home",
                env=environment, stdin=subprocess.DEVNULL,
                capture_output=True, text=True, timeout=60, check=False)

        overview = run("kubescribe --help").stdout
        commands = re.findall(r"^  ([a-z]+) {2,}\S",
                              overview.split("\nCommands:\n")[1].split(
                                  "\n\n")[0], re.MULTILINE)
        failed = ran = found = 0
        for command in commands:
            text = run(f"kubescribe {command} --help").stdout
            lines = list(examples(text))
            if not lines:
                print(f"{command}: its --help has no examples")
                failed += 1
            for line in lines:
                if re.search(r" (-w|-f|--watch|--follow)\b", line):
                    line = "timeout 2 " + line
                if "completion zsh" in line:  # zsh's own syntax
                    line = "kubescribe completion zsh"
                answer = run(line)
                ran += 1
                found += answer.returncode == 0
                good = answer.returncode in (0, 3, 124) or (
                    command == "diff" and answer.returncode == 1)
                if command not in QUESTIONS:
                    good = answer.returncode not in (2, 127)
                if not good:
                    failed += 1
                    print(f"{line}: exit {answer.returncode}\n"
                          f"{answer.stderr.strip()}")
        failed += spans_that_are_wrong(run)
    print(f"{ran} examples of {len(commands)} commands, {found} found "
          f"something, {failed} wrong")
    sys.exit(1 if failed or ran < len(commands) else 0)


if __name__ == "__main__":
    main()
