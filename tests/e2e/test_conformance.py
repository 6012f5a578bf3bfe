"""The simulated cluster answers as a real one does.

The checks of conformance.py run against kubescribe-sim and against a real
kube-apiserver; what they were answered has to be equal, check by check. A
difference is shown as a diff, - real, + simulated; the folder that is named at
the end has the transcripts as a whole.

KUBESCRIBE_CHECKS=NAME,NAME runs these checks alone.
"""

import base64
import concurrent.futures
import difflib
import os
import re
import signal
import subprocess
import traceback

import conformance
import rig
import scenario
import transcript

# What the simulated cluster does differently on purpose: (check or "*",
# pattern, what both are replaced with, why). The pattern is looked for in each
# line of both transcripts.
EXCEPTIONS = (
    ("watch_bookmarks_of_kinds",
     r'"deprecated\.daemonset\.template\.generation": "0", ', "",
     "an annotation that the real server makes out of an empty DaemonSet"),
    ("list_tokens_that_are_none",
     r"(?<=continue key is not valid: )invalid character .*?(?=\", )",
     "<not JSON>", "the words of Go's JSON parser"),
    ("discovery_negotiation",
     r"only the following media types are accepted: "
     r"|406: Not Acceptable\\n\\nAvailable representations: ",
     "<not acceptable> ", "406 has different words at different paths"),
    ("discovery_negotiation", r"^< (spaced|compact, newline)$", "",
     "406 is indented for people"),
    ("accept", r"^< (spaced|compact, newline)$", "",
     "406 is indented for people"),
)
# Not asked at all, because the simulated cluster has none of it: protobuf,
# YAML, Tables, OpenAPI, JSON and apply patches, subresources, dry runs,
# admission, the defaults of Pods and their like. Not compared: managedFields,
# Date, Audit-Id, X-Kubernetes-Pf-*, ETag.
TOKENS = {"admin": "token-of-admin", "limited": "token-of-limited",
          "reader": "token-of-reader", "mapper": "token-of-mapper"}


def start_sim(context):
    """kubescribe-sim with the same users; (process, target)."""
    kubeconfig = context.work / "sim.kubeconfig"
    log = open(context.work / "sim.log", "wb")
    process = subprocess.Popen(
        [context.bin / "kubescribe-sim", "--writable", "--tls",
         "--objects", "0", "--rate", "0", "--token", TOKENS["admin"],
         "--user", f"limited:{TOKENS['limited']}",
         "--user", f"reader:{TOKENS['reader']}:readable",
         "--user", f"mapper:{TOKENS['mapper']}:*:configmaps",
         "--write-kubeconfig", kubeconfig],
        stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL)
    ready = process.stdout.readline().decode()
    port = int(ready.rsplit(":", 1)[1])
    text = kubeconfig.read_text(encoding="utf-8")
    encoded = re.search(r"certificate-authority-data: (\S+)", text)[1]
    ca_file = context.work / "sim.crt"
    ca_file.write_bytes(base64.b64decode(encoded))
    return process, transcript.Target("simulated", port, str(ca_file), TOKENS)


def real_target(cluster):
    """The real server, with the rights that the simulated users have."""
    admin = cluster.client()
    base = "/apis/rbac.authorization.k8s.io/v1/"
    admin.create(base + "clusterroles", {
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": "read-maps"},
        "rules": [{"apiGroups": [""], "resources": ["configmaps"],
                   "verbs": ["get", "list", "watch"]}]})
    admin.create(base + "clusterrolebindings", {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding", "metadata": {"name": "mapper-reads"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io",
                    "kind": "ClusterRole", "name": "read-maps"},
        "subjects": [{"kind": "User", "name": "mapper",
                      "apiGroup": "rbac.authorization.k8s.io"}]})
    cluster.namespace("readable")
    cluster.allow_namespace("reader", "readable")
    tokens = {user: cluster.token(user) for user in TOKENS}
    target = transcript.Target("real", cluster.port, str(cluster.ca_file),
                               tokens)
    reader = transcript.Script(target, "")
    path = "/api/v1/namespaces/readable/configmaps"
    rig.wait_for("the rights are in force", lambda: reader.quiet(
        "GET", path, user="reader")[0] == 200 and reader.quiet(
        "GET", path, user="mapper")[0] == 200)
    reader.close()
    return target


def run_check(check, target, *arguments):
    """The transcript's lines; what went wrong is a line, too."""
    script = transcript.Script(target, "c-" + check.__name__.replace("_", "-"))
    try:
        check(script, *arguments)
    except Exception as error:  # pylint: disable=broad-except
        script.note(f"the check failed on the {target.name} server: {error}\n"
                    + traceback.format_exc())
    finally:
        script.close()
    return script.lines


def differences(name, real, simulated, used):
    """The diff of two transcripts, exceptions set aside."""
    def plain(lines):
        out = []
        for line in lines:
            for index, (where, pattern, instead, _) in enumerate(EXCEPTIONS):
                if where in ("*", name):
                    changed = re.sub(pattern, instead, line)
                    if changed != line:
                        used.add(index)
                    line = changed
            if line:
                out.append(line)
        return out
    return list(difflib.unified_diff(
        plain(real), plain(simulated), "real", "simulated", lineterm="", n=2))


def wanted(checks):
    only = os.environ.get("KUBESCRIBE_CHECKS", "")
    return [check for check in checks
            if not only or check.__name__ in only.split(",")]


def run(context):
    checks, last = wanted(conformance.CHECKS), wanted(conformance.LAST)
    with context.cluster() as cluster:
        cluster.start()
        real = real_target(cluster)
        process, simulated = start_sim(context)
        try:
            script = transcript.Script(simulated, "")
            script.create("/api/v1/namespaces", {
                "apiVersion": "v1", "kind": "Namespace",
                "metadata": {"name": "readable"}})
            script.close()
            context.say("both are ready")
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                answers = {
                    check.__name__: [pool.submit(run_check, check, target)
                                     for target in (real, simulated)]
                    for check in checks}
            results = {name: [one.result() for one in both]
                       for name, both in answers.items()}

            def forget_real():
                cluster.compact()
                cluster.restart_api()

            def forget_simulated():
                process.send_signal(signal.SIGUSR1)
                rig.wait_for("it forgot", lambda: b"forgot" in
                             process.stdout.readline())
            for check in last:
                results[check.__name__] = [
                    run_check(check, real, forget_real),
                    run_check(check, simulated, forget_simulated)]
        finally:
            process.terminate()
            process.wait(20)

    for name, both in results.items():
        for target, lines in zip(("real", "simulated"), both):
            path = context.work / f"{name}.{target}"
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    used, wrong = set(), 0
    for name, (real_lines, simulated_lines) in results.items():
        found = differences(name, real_lines, simulated_lines, used)
        failed = any(line.startswith("the check failed")
                     for line in real_lines + simulated_lines)
        if found or failed:
            wrong += 1
            print(f"=== {name}: "
                  f"{getattr(conformance, name).__doc__.splitlines()[0]}", flush=True)
            for line in found or real_lines[-1:]:
                print(line)
    if len(results) == len(conformance.CHECKS) + len(conformance.LAST):
        context.expect([f"{EXCEPTIONS[i][1]!r}: {EXCEPTIONS[i][3]}"
                        for i in range(len(EXCEPTIONS)) if i not in used],
                       "every exception is needed")
    if wrong:
        raise scenario.Failed(f"{wrong} of {len(results)} checks differ")
    lines = sum(len(both[0]) for both in results.values())
    context.say(f"ok: {len(results)} checks, {lines} lines alike, "
                f"{len(EXCEPTIONS)} exceptions")


if __name__ == "__main__":
    scenario.main(run, needs_programs=False)
