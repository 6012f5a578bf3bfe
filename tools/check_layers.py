#!/usr/bin/env python3
"""Checks that data goes one way through src/: which folder includes which.

    tools/check_layers.py              the rules below, over src/ and tools/
    tools/check_layers.py --self-test  the rules find what breaks them
"""

import pathlib
import re
import sys
import tempfile

# folder of src/ -> folders that it may include (beside itself).
LAYERS = {
    "base": set(),
    "config": {"base"},
    "codec": {"base"},
    "kube": {"base"},
    "net": {"base", "config"},
    "watch": {"base", "kube", "net", "codec"},
    "store": {"base", "codec"},
    "record": {"base", "kube", "codec", "store"},
    "query": {"base", "kube", "codec", "store"},
    "verify": {"base", "kube", "codec", "store"},
    "travel": {"base", "kube", "codec", "store", "query"},
    "output": {"base", "kube"},
    "control": {"base", "store", "record"},
}
# First words of a library's headers -> folders that own it.
OWNERS = {
    "curl/": {"net"},
    "sqlite3.h": {"store"},
    "SQLiteCpp/": {"store"},
    "yaml-cpp/": {"config"},
    "zstd.h": {"codec"},
    "simdjson.h": {"kube", "record"},
    "openssl/": {"codec", "net"},
    "spdlog/": {"base"},
    "boost/": set(),
    "CLI/": set(),
    "gtest/": set(),
    "gmock/": set(),
}
# Heavy: only in .cc files.
NOT_IN_HEADERS = ("simdjson.h", "CLI/", "boost/")
# Time and chance come in through base/clock.h and base/random.h.
AMBIENT = re.compile(
    r"::now\(\)|\bstd::random_device\b|\bstd::mt19937|\bgettimeofday\(|"
    r"\bclock_gettime\(|\bgetrandom\(|\bstd::rand\(|[^_\w.:>]time\(nullptr\)")
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')


def problems(root):
    """(file:line, sentence) of every broken rule under `root`."""
    src = root / "src"
    for path in sorted(src.rglob("*")):
        if path.suffix not in (".cc", ".h"):
            continue
        module = path.relative_to(src).parts[0]
        if module not in LAYERS:
            yield path, f"folder {module} has no place in tools/check_layers.py"
            continue
        for number, line in enumerate(
                path.read_text(encoding="utf-8").splitlines(), 1):
            where = f"{path.relative_to(root)}:{number}"
            if module != "base" and AMBIENT.search(line.split("//")[0]):
                yield where, "time and chance come from base/ only"
            match = INCLUDE.match(line)
            if match:
                for sentence in _include(module, path, *match.groups()):
                    yield where, sentence


def _include(module, path, quote, header):
    if path.suffix == ".h" and header.startswith(NOT_IN_HEADERS):
        yield f"<{header}> is too heavy for a header"
    for prefix, owners in OWNERS.items():
        if header.startswith(prefix) and module not in owners:
            kept = ", ".join(sorted(owners)) or "no folder of src"
            yield f"<{header}> belongs to {kept}, not to {module}"
    if quote != '"':
        return
    folder = header.split("/")[0]
    if "/" not in header or folder not in LAYERS:
        yield f'"{header}" is not a header of src/'
    elif folder != module and folder not in LAYERS[module]:
        yield f"{module} may not include {folder}"


def self_test():
    """Each broken rule is found, and what is allowed is not."""
    cases = (
        ("store/a.cc", '#include "codec/zstd.h"', 0),
        ("store/a.cc", "#include <SQLiteCpp/SQLiteCpp.h>", 0),
        ("base/a.cc", "auto t = std::chrono::system_clock::now();", 0),
        ("store/a.cc", "// not std::chrono::system_clock::now()", 0),
        ("store/a.cc", '#include "kube/event.h"', 1),
        ("watch/a.h", '#include "record/recorder.h"', 1),
        ("net/a.cc", "#include <SQLiteCpp/SQLiteCpp.h>", 1),
        ("record/a.h", "#include <simdjson.h>", 1),
        ("query/a.cc", "#include <boost/asio.hpp>", 1),
        ("query/a.cc", '#include "fakes/cluster.h"', 1),
        ("query/a.cc", "auto t = std::chrono::system_clock::now();", 1),
        ("query/a.cc", "std::random_device device;", 1),
        ("nowhere/a.cc", "", 1),
    )
    for name, text, expected in cases:
        with tempfile.TemporaryDirectory() as work:
            path = pathlib.Path(work) / "src" / name
            path.parent.mkdir(parents=True)
            path.write_text(text + "\n", encoding="utf-8")
            found = list(problems(pathlib.Path(work)))
        if len(found) != expected:
            sys.exit(f"self-test: {name}: {text!r} gave {found}")
    print(f"layers: self-test of {len(cases)} cases passed")


def main():
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        return
    root = pathlib.Path(__file__).resolve().parent.parent
    found = list(problems(root))
    for where, sentence in found:
        print(f"{where}: {sentence}")
    if found:
        sys.exit(1)
    print("layers: ok")


if __name__ == "__main__":
    main()
