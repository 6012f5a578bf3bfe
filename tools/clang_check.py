#!/usr/bin/env python3
"""Compiles one file for its errors and warnings only, as its build folder says.

    tools/clang_check.py BUILD_FOLDER FILE
"""

import json
import pathlib
import shlex
import subprocess
import sys


def main():
    build, file = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
    commands = json.loads((build / "compile_commands.json").read_text())
    command = next((c for c in commands if pathlib.Path(c["file"]) == file),
                   None)
    if command is None:
        print(f"{file}: no target compiles it; passed over")
        return
    words = shlex.split(command["command"])
    if "ccache" in words[0]:
        words = words[1:]
    output = words.index("-o")
    del words[output:output + 2]
    words.remove("-c")
    sys.exit(subprocess.call([*words, "-fsyntax-only"],
                             cwd=command["directory"]))


if __name__ == "__main__":
    main()
