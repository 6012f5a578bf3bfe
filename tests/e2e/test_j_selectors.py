#!/usr/bin/env python3
"""Selectors and ages, against a real API server and the real kubectl.

Selectors: random ones, right and wrong, over random objects. The server is
asked what they pick, some of it through kubectl, and kubescribe must pick the
same from the recording, or fail where the server fails.

Ages: times at random distances, and at each change of kubectl's units, as the
server's printers and kubectl's describe show them.

    tests/e2e/test_j_selectors.py --bin build/debug/bin [--seed N] [--count N]
"""

import concurrent.futures
import math
import re
import shutil
import threading
import time

import durations
import look
import recorder as recorders
import rig
import scenario
import selecting

# What kubectl says itself, without a server's word.
CLIENTS_WORDS = (
    "get pods x -l app=web",
    "get pods x -A -l app=web",
    "get pods/x -l app=web",
    "get pods x --field-selector metadata.name=x",
    "get pods/x --field-selector metadata.name=x",
    "get pods -n one -l app=no-such",
    "get pods -n one --field-selector metadata.name=no-such",
    "get pods -A -l app=no-such",
    "get pods -A --selector= -o name",
    "get pods -A --field-selector= -o name",
    "get pods -n=one -l=app -o=name",
)


class Cases:
    """Questions with the answers that the server and kubectl gave."""

    def __init__(self, context, cluster):
        self._context = context
        self._cluster = cluster
        self._environment = look.environment_of(context.work)
        self._local = threading.local()

    def _client(self):
        if not hasattr(self._local, "client"):
            self._local.client = self._cluster.client()
        return self._local.client

    def server_answers(self, questions):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            return list(pool.map(
                lambda question: selecting.answer(self._client(), question),
                questions))

    def kubectl_answers(self, calls):
        kubectl = self._context.servers / "kubectl"
        look.run(kubectl, ["api-resources"], self._environment)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            return list(pool.map(lambda words: look.run(
                kubectl, words, self._environment), calls))

    def ages(self, instant):
        """look.Calls, the first of them asked at the instant."""
        time.sleep(max(0.0, instant - time.time() + 0.05))
        calls = [look.Call("words", "ages", words) for words in durations.WORDS]
        for call in calls:
            call.answer = look.ask_within_a_second(
                self._context.servers / "kubectl", call.words,
                self._environment)
        return calls


def check_kubectl(questions, servers, kubectls):
    """Where kubectl does not answer what the server was asked for it."""
    for question, server, (code, out, err) in zip(
            questions, servers, kubectls):
        if (out if code == 0 else None) != server:
            yield f"{selecting.words(question)}: {server!r}, {code} {out}{err}"


def check_selectors(ask, questions, answers):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        told = pool.map(lambda question: ask(selecting.words(question)),
                        questions)
        for question, expected, (code, out, err) in zip(
                questions, answers, told):
            words = look.Call("", "", selecting.words(question))
            if expected is None:
                if code not in (1, 2) or out:
                    yield (f"{words}: the server refuses it, kubescribe ends "
                           f"with {code}: {out}{err}")
            elif code not in (0, 3) or out != expected:
                yield (f"{words}: ends with {code}: {err}\n    expected "
                       f"{expected.split()}\n    got      {out.split()}")


def check_words(ask, calls, answers):
    for words, (_, out, err) in zip(calls, answers):
        _, ours, our_err = ask(words)
        our_err = re.sub(r"(?m)^(warning|note|hint): .*\n", "", our_err)
        if (ours, our_err) != (out, err):
            yield (f"{' '.join(words)}:\n    expected {out}{err}    got "
                   f"     {ours}{our_err}")


def run(context):
    rng = context.rng
    flags = rig.EVERYTHING[rig.NEWEST]
    with context.cluster(api_flags=flags) as cluster:
        cluster.start()
        context.say("the server is up")
        client = cluster.client()
        shutil.copy(cluster.kubeconfig("admin"), context.work / "kubeconfig")
        selecting.fill(client, rng)
        durations.prepare(client)
        context.say("what is selected from is there")
        recorder = recorders.Recorder(context, cluster.kubeconfig())
        try:
            recorder.start()
            recorder.wait_all_watching()
            context.say("it is recorded")

            instant = math.ceil(time.time()) + 6
            durations.fill(client, rng, max(context.count // 4, 20), instant)
            context.say("what has ages is there")
            cases = Cases(context, cluster)
            ages = cases.ages(instant)
            context.say("kubectl has shown the ages")

            maker = selecting.Maker(rng, client)
            questions = [maker.question() for _ in range(context.count)]
            answers = cases.server_answers(questions)
            some = range(0, len(questions), 12)
            client_calls = [line.split() for line in CLIENTS_WORDS]
            through_kubectl = cases.kubectl_answers(
                [selecting.words(questions[i]) for i in some] + client_calls)
            refused = answers.count(None)
            empty = answers.count("")
            context.say(f"the server has answered: {refused} of "
                        f"{len(answers)} selectors were wrong, {empty} pick "
                        "nothing")
            client.create("/api/v1/namespaces/default/configmaps",
                          {"metadata": {"name": "the-end"}})
            recorder.wait("the end is recorded", lambda: recorder.rows(
                "SELECT 1 FROM object WHERE name = 'the-end'"))
            # Made after the questions.
            client.delete("/api/v1/namespaces/default/configmaps/the-end")
            recorder.wait("it is gone", lambda: recorder.rows(
                "SELECT 1 FROM object WHERE name = 'the-end' AND NOT alive"))
            recorder.stop()
        finally:
            recorder.end()

    database = context.work / "one.db"
    shutil.copy(recorder.database, database)
    environment = look.environment_of(context.work)

    def ask(words):
        return look.run(context.bin / "kubescribe",
                        [*words, "--file", str(database)], environment)

    context.expect(list(check_kubectl(
        [questions[i] for i in some], [answers[i] for i in some],
        through_kubectl)), "kubectl asks as the test does")
    problems = [found.text(40) for found in (
        look.compare_one(context.bin / "kubescribe", context.work, call)
        for call in ages) if found]
    problems += check_words(ask, client_calls, through_kubectl[len(some):])
    problems += check_selectors(ask, questions, answers)
    context.expect(problems, "kubescribe tells ages and selects as kubectl")
    # A test of which nothing is picked, or all is refused, would be none.
    if len(answers) - refused - empty < len(answers) * 0.15:
        raise scenario.Failed("too few selectors pick something")


if __name__ == "__main__":
    scenario.main(run, count=420)
