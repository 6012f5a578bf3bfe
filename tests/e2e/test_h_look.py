#!/usr/bin/env python3
"""kubescribe shows a recorded cluster as kubectl shows the live one.

For each of two real API servers, four minor versions apart: the zoo (zoo.py) is
put into it and recorded; kubectl is asked for every kind in every format, some
hundred odd questions more, and `describe` of every object; then kubescribe is
asked the same of the file alone, as of the same instants. Every byte of stdout
must be kubectl's, and where that is empty ("No resources found") of stderr.
Values of Secrets, which are recorded redacted, are left out of that.

    tests/e2e/test_h_look.py --bin build/debug/bin          everything, some minutes
    … --server 1.32                                one server
    … --kind pods --kind jobs.batch                some kinds; "words": the rest
    … --format wide --format describe              some formats (look.py)

Without a server, and so at once, as often as you like: a look that was kept.

    … --keep-look /tmp/look                        keeps it (of all kinds, …)
    … --look /tmp/look --kind pods --format wide   holds kubescribe against it
    … --look /tmp/look --lines 200 --show 5        more of fewer differences
    … --look /tmp/look --call 'get pods -A'        kubectl's answer itself
"""

import argparse
import pathlib
import shutil
import sys
import tempfile
import time
import traceback

import look
import recorder as recorders
import rig
import scenario
import zoo


def take(version, bin_dir, folder, options, say):
    """Makes a look of a server of this version in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    context = scenario.Context(0, bin_dir, None, folder, 1)
    servers = pathlib.Path(rig.find_servers(version))
    with context.cluster("one", rig.EVERYTHING[version], version) as cluster:
        cluster.start()
        client = cluster.client()
        shutil.copy(cluster.kubeconfig("admin"), folder / "kubeconfig")
        say(f"{client.get('/version')['gitVersion']} is up")
        say(f"{zoo.fill(client)} objects are in it")
        config = folder / "kubescribe.yaml"
        # Everything: also the leases, which are left out by default.
        config.write_text(
            "clusters:\n"
            f"  - {{name: one, kubeconfig: {cluster.kubeconfig()}}}\n"
            "exclude: []\n", encoding="utf-8")
        recorder = recorders.Recorder(context, config=config)
        try:
            recorder.start()
            recorder.wait_all_watching()
            say("it is recorded")
            count = look.ask_kubectl(
                servers / "kubectl", folder, client, options.kind,
                options.format, options.jobs)
            say(f"kubectl has answered {count} questions")
            # All that kubectl saw is in the record.
            cluster.client().create(
                "/api/v1/namespaces/default/configmaps",
                {"metadata": {"name": "the-end"}})
            recorder.wait("the end is recorded", lambda: recorder.rows(
                "SELECT 1 FROM object WHERE name = 'the-end'"))
            # A quiet kind's stream is not known to flow after 90 s without a
            # bookmark, until the recorder asks, a minute later.
            recorder.wait("all streams flow", lambda: not recorder.rows(
                "SELECT 1 FROM stream WHERE state = 'watching' "
                "AND flowing = 0"), timeout=240)
            recorder.stop()
        finally:
            recorder.end()
    shutil.copy(recorder.database, folder / "one.db")
    for name in ("one", "data"):
        shutil.rmtree(folder / name)


def judge(bin_dir, folder, options, say):
    """False if anything differs."""
    count, differences = look.compare(
        bin_dir / "kubescribe", folder, options.kind, options.format,
        options.jobs)
    print(look.report(count, differences, options.lines, options.show))
    say("compared")
    if count == 0:
        print("there is nothing of that kind and format")
    return count > 0 and not differences


def tell(folder, text):
    """kubectl's answers to the calls that begin so."""
    for call in look.load(folder):
        if str(call).startswith(text):
            print(f"$ {call}   [exit code {call.answer['code']}]\n"
                  f"{call.answer['out']}{call.answer['err']}", end="")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path,
                        default=rig.ROOT / "build" / "debug" / "bin")
    parser.add_argument("--server", choices=rig.VERSIONS)
    parser.add_argument("--kind", action="append", default=[])
    parser.add_argument("--format", action="append", default=[])
    parser.add_argument("--keep-look", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("--look", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("--call", metavar="WORDS")
    parser.add_argument("--lines", type=int, default=12)
    parser.add_argument("--show", type=int, default=40)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    bin_dir = options.bin.resolve()
    began = time.monotonic()

    def say(text):
        print(f"[{time.monotonic() - began:6.1f} s] {text}", flush=True)

    versions = [options.server] if options.server else rig.VERSIONS
    if options.look:
        folders = sorted(path.parent for path in
                         options.look.glob("**/calls.jsonl")
                         if path.parent.name in versions)
        if options.call:
            for folder in folders:
                tell(folder, options.call)
            return 0
        good = True
        for folder in folders:
            say(f"server {folder.name}")
            good = judge(bin_dir, folder, options, say) and good
        return 0 if good and folders else 1

    missing = [v for v in versions if not rig.find_servers(v)]
    if missing:
        print(f"skipped: no kube-apiserver {', '.join(missing)} here; "
              "tools/servers builds it")
        return 1 if scenario.in_ci() else scenario.SKIPPED
    work = options.keep_look or pathlib.Path(
        tempfile.mkdtemp(prefix="kubescribe-e2e-"))
    good = True
    for version in versions:
        folder = work.resolve() / version
        shutil.rmtree(folder, ignore_errors=True)
        try:
            take(version, bin_dir, folder, options, say)
            good = judge(bin_dir, folder, options, say) and good
        except Exception:  # told with where its logs are
            traceback.print_exc()
            good = False
    if not good:
        print(f"everything is kept in {work}; again, without a server: "
              f"--look {work}")
    elif not options.keep_look:
        shutil.rmtree(work)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
