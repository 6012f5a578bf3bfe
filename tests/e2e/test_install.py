#!/usr/bin/env python3
"""What `cmake --install` puts there is whole, and works where it was put.

    tests/e2e/test_install.py --build build/debug

Installs into a temporary folder, runs the installed programs from there, and
holds the manual pages against what each command's --help says.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

KUBECONFIG = """{apiVersion: v1, kind: Config, current-context: c, users: [],
clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}],
contexts: [{name: c, context: {cluster: c, user: ''}}]}
"""
FILES = [
    "bin/kubescribe", "bin/kubescribed", "bin/kubectl-scribe",
    "bin/kubectl_complete-scribe",
    "share/man/man1/kubescribe.1", "share/man/man8/kubescribed.8",
    "share/bash-completion/completions/kubescribe",
    "share/zsh/site-functions/_kubescribe",
    "share/fish/vendor_completions.d/kubescribe.fish",
    "share/doc/kubescribe/examples/kubescribe.yaml",
]


class Installed:
    """The folder that was installed to, and what is wrong with it."""

    def __init__(self, folder):
        self.folder = folder
        self.prefix = folder / "prefix"
        self.wrong = []
        (folder / "kubeconfig").write_text(KUBECONFIG, encoding="utf-8")
        self.environment = dict(
            os.environ, HOME=str(folder), KUBESCRIBE_DATA=str(folder / "data"),
            KUBECONFIG=str(folder / "kubeconfig"), LC_ALL="C.UTF-8",
            PATH=f"{self.prefix / 'bin'}:{os.environ['PATH']}")

    def run(self, *words):
        """What the program said, on stdout and stderr; it has to succeed."""
        done = subprocess.run(
            words, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=60, check=False)
        self.check(done.returncode == 0,
                   f"{' '.join(map(str, words))}: exit {done.returncode}: "
                   f"{done.stdout}")
        return done.stdout

    def check(self, good, problem):
        """Notes the problem unless `good`."""
        if not good:
            self.wrong.append(problem)

    def check_files(self):
        """All that is meant to be there, and nothing that is not."""
        there = {str(path.relative_to(self.prefix))
                 for path in self.prefix.rglob("*") if not path.is_dir()}
        for name in FILES:
            self.check(name in there, f"{name} is not installed")
        more = [name for name in there - set(FILES)
                if not re.fullmatch(r"share/man/man1/kubescribe-[a-z]+\.1", name)]
        self.check(not more, f"installed, but not meant to be: {more}")

    def check_page(self, page, words):
        """The manual page has each long flag and each example of --help."""
        path = self.prefix / "share/man" / f"man{page[-1]}" / page
        if not path.is_file():
            self.check(False, f"there is no manual page {page}")
            return
        text = path.read_text(encoding="utf-8")
        self.check(text.startswith(".TH "), f"{page} does not begin with .TH")
        said = self.run(*words, "--help")
        # An example may have flags of other programs; those of the table count.
        table = said[said.index("Flags:\n"):]
        flags = re.findall(r"^ {2,6}(?:-\w, )?--[^ ,]+(?:, --[^ ,]+)*", table,
                           re.MULTILINE)
        names = re.findall(r"--[a-z-]+", " ".join(flags))
        self.check("--help" in names, f"no flags found in {words} --help")
        bare = text.replace("\\-", "-")
        for name in names:
            self.check(re.search(re.escape(name) + r"(?![a-z-])", bare),
                       f"{page} lacks {name}")

    def check_pages(self):
        """A page for every command that the overview names, and no other."""
        overview = self.run("kubescribe", "--help")
        block = overview.split("\nCommands:\n")[1].split("\n\n")[0]
        commands = re.findall(r"^  ([a-z]+) {2,}\S", block, re.MULTILINE)
        self.check(len(commands) > 10, f"only these commands: {commands}")
        self.check_page("kubescribe.1", ["kubescribe"])
        self.check_page("kubescribed.8", ["kubescribed"])
        for command in commands:
            self.check_page(f"kubescribe-{command}.1", ["kubescribe", command])
        pages = {path.name for path in self.prefix.glob("share/man/man1/*-*")}
        more = pages - {f"kubescribe-{command}.1" for command in commands}
        self.check(not more, f"pages of commands that are not there: {more}")

    def check_programs(self):
        """They run from there, find their libraries, and take the example."""
        for name in ("kubescribe", "kubescribed", "kubectl-scribe"):
            path = self.prefix / "bin" / name
            said = self.run(path, "--version")
            self.check(re.search(r"\d+\.\d+\.\d+", said),
                       f"{name} --version: {said}")
        said = self.run("kubectl-scribe", "get", "--help")
        self.check("kubectl scribe get TYPE" in said,
                   "the plugin does not call itself kubectl scribe")
        said = self.run("kubectl_complete-scribe", "ge")
        self.check(re.match(r"get\b", said), f"the plugin completes: {said}")
        example = self.prefix / "share/doc/kubescribe/examples/kubescribe.yaml"
        self.run("kubescribed", "--config", example, "--check-config")

    def check_completions(self):
        """Each script is one of its shell, and bash's completes."""
        share = self.prefix / "share"
        script = share / "bash-completion/completions/kubescribe"
        said = self.run("bash", "-c", f"""source '{script}'
            complete -p kubescribe
            COMP_LINE='kubescribe hist' COMP_POINT=15
            COMP_WORDS=(kubescribe hist) COMP_CWORD=1
            __kubescribe_complete; echo "offered: ${{COMPREPLY[*]}}" """)
        self.check("offered: history" in said, f"bash completes: {said}")
        functions = share / "zsh/site-functions"
        self.check((functions / "_kubescribe").read_text().startswith(
            "#compdef kubescribe"), "zsh's file is none of its completions")
        if shutil.which("zsh"):
            said = self.run("zsh", "-fc", f"""fpath+=('{functions}')
                autoload -U compinit; compinit -D -u
                print $_comps[kubescribe]""")
            self.check(said == "_kubescribe\n", f"zsh finds: {said}")
        text = (share / "fish/vendor_completions.d/kubescribe.fish").read_text()
        self.check("complete -c" in text, "fish's file completes nothing")
        if shutil.which("fish"):
            self.environment["XDG_DATA_DIRS"] = str(share)
            said = self.run("fish", "-c", "complete -C 'kubescribe hist'")
            self.check(said.startswith("history"), f"fish completes: {said}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--cmake", default="cmake")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        installed = Installed(pathlib.Path(work))
        installed.run(options.cmake, "--install", options.build.absolute(),
                      "--prefix", installed.prefix)
        installed.check_files()
        if not installed.wrong:
            installed.check_programs()
            installed.check_pages()
            installed.check_completions()
    for problem in installed.wrong:
        print(problem)
    print(f"{len(installed.wrong)} wrong")
    sys.exit(1 if installed.wrong else 0)


if __name__ == "__main__":
    main()
