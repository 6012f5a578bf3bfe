"""Objects with times at random distances, of all magnitudes and at each change
of kubectl's units, and what kubectl is asked to see the distances."""

import base64
import datetime
import subprocess

import zoo

GROUP = "spans.dev"
NAMESPACE = "ages"
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_YEAR = 365 * _DAY
# Where a unit, or the number of them that are told, changes.
EDGES = (0, 60, 2 * _MINUTE, 3 * _MINUTE, 10 * _MINUTE, _HOUR, 3 * _HOUR,
         5 * _HOUR, 8 * _HOUR, _DAY, 2 * _DAY, 5 * _DAY, 8 * _DAY, _YEAR,
         2 * _YEAR, 3 * _YEAR, 8 * _YEAR, 9 * _YEAR)
# Times that are none, or hardly.
ODD_TIMES = ("", "now", "2026-02-30T00:00:00Z", "2020-01-01T00:00:00",
             "2020-01-01 00:00:00Z", "2020-01-01T24:00:00Z",
             "2019-12-31T23:59:60Z", "2020-01-01t00:00:00z", "2020-1-1T0:0:0Z",
             "2020-01-01T00:00:00,5Z", "2020-01-01T00:00:00.Z",
             "2020-01-01T00:00:00+24:00", "2020-01-01T00:00:00+2360",
             "2020-01-01T7:00:00Z", "2020-01-01T00:00:00+23:60",
             "2020-01-01T00:00:00.5z", "0001-01-01T02:00:00+02:00",
             "0001-01-01T00:00:00Z", "0001-01-01T00:00:01Z",
             "1000-06-01T12:00:00Z", "9999-12-31T23:59:59Z",
             "2020-01-01T00:00:00.123456789123Z", "1577836800",
             " 2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z ")
WORDS = (
    ("get", "spans", "-n", NAMESPACE),  # first, at the instant of fill()
    ("get", "jobs", "-n", NAMESPACE),
    ("describe", "jobs", "-n", NAMESPACE),
    ("get", "cronjobs", "-n", NAMESPACE, "-o", "wide"),
    ("get", "events", "-n", NAMESPACE, "-o", "wide"),
    ("describe", "pod", "seen", "-n", NAMESPACE),
    ("get", "csr"),
    ("describe", "csr"),
)


def _text(when, fraction=""):
    return when.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0") + fraction + "Z"


def distance(rng, least=0):
    """Seconds."""
    if rng.random() < 0.6:
        return max(rng.choice(EDGES) + rng.randint(-2, 2), least)
    return max(int(10 ** rng.uniform(0, 9.2)), least)


def _span(rng, now):
    """A time as one writes it into a custom resource."""
    if rng.random() < 0.12:
        return rng.choice(ODD_TIMES)
    away = distance(rng, -2)
    when = now - datetime.timedelta(seconds=away)
    how = rng.random()
    if how < 0.6:
        return _text(when)
    if how < 0.7:
        # The parts of a second at which look.py looks.
        return _text(when, rng.choice((".123456", ".123456000", ".0")))
    if how < 0.8:  # to come
        return _text(now + datetime.timedelta(seconds=away + 2))
    hours = rng.choice((-11, -1, 2, 5, 14))
    local = when + datetime.timedelta(hours=hours, minutes=30)
    return _text(local)[:-1] + f"{hours:+03d}:30" if hours > 0 else _text(when)


def _jobs(rng, count, now):
    pod = {"containers": [{"name": "c", "image": "i"}],
           "restartPolicy": "Never"}
    for number in range(count):
        start = now - datetime.timedelta(seconds=distance(rng))
        status = {"startTime": _text(start)}
        if rng.random() < 0.85:
            away = distance(rng)
            if rng.random() < 0.02:  # more than Go can count
                start = start.replace(year=1400)
                status["startTime"] = _text(start)
                away = 400 * _YEAR
            done = start + datetime.timedelta(seconds=away)
            status.update(
                completionTime=_text(done), succeeded=1, conditions=[
                    {"type": kind, "status": "True",
                     "lastTransitionTime": _text(done)}
                    for kind in ("SuccessCriteriaMet", "Complete")])
        yield "batch/v1", "Job", f"job-{number:03}", {
            "spec": {"template": {"spec": pod}}, "status": status}
    for number in range(count // 8):
        yield "batch/v1", "CronJob", f"cron-{number}", {
            "spec": {"schedule": "0 0 1 1 *", "jobTemplate": {
                "spec": {"template": {"spec": pod}}}},
            "status": {"lastScheduleTime": _text(
                now - datetime.timedelta(seconds=distance(rng, -5)))}}


def _events(rng, count, now):
    for number in range(count):
        first = now - datetime.timedelta(seconds=distance(rng))
        last = first + datetime.timedelta(seconds=distance(rng))
        event = {"firstTimestamp": _text(first), "lastTimestamp": _text(last),
                 "count": rng.choice((1, 1, 2, 30))}
        if rng.random() < 0.3:
            event = {"eventTime": _text(first, ".123456"), "reportingComponent":
                     "example.com/x", "reportingInstance": "x", "action": "a"}
            if rng.random() < 0.6:
                event["series"] = {"count": rng.choice((2, 30)),
                                   "lastObservedTime": _text(last, ".654321")}
        yield "v1", "Event", f"event-{number:03}", {
            "involvedObject": {"kind": "Pod", "namespace": NAMESPACE,
                               "name": "seen", "apiVersion": "v1"},
            "reason": f"R{number}", "message": "m", "type": "Normal",
            **event}


def _requests(rng, count):
    pem = subprocess.run(
        ["openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout",
         "/dev/null", "-subj", "/CN=one"], check=True, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL).stdout
    for number in range(count):
        yield "certificates.k8s.io/v1", "CertificateSigningRequest", \
            f"csr-{number:02}", {"spec": {
                "request": base64.b64encode(pem).decode(),
                "signerName": "example.com/one", "usages": ["client auth"],
                "expirationSeconds": min(distance(rng, 600), 2**31 - 1)}}


def _item(version, kind, name, item):
    return {"apiVersion": version, "kind": kind, **item,
            "metadata": {"name": name, "namespace": NAMESPACE}}


def prepare(client):
    client.create("/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
    zoo.make(client, [{
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"spans.{GROUP}"},
        "spec": {"group": GROUP, "scope": "Namespaced",
                 "names": {"plural": "spans", "singular": "span",
                           "kind": "Span"},
                 "versions": [{
                     "name": "v1", "served": True, "storage": True,
                     "schema": {"openAPIV3Schema": {
                         "type": "object", "properties": {"spec": {
                             "type": "object", "properties": {
                                 "then": {"type": "string"}}}}}},
                     "additionalPrinterColumns": [
                         {"name": "Then", "type": "date",
                          "jsonPath": ".spec.then"},
                         {"name": "Written", "type": "string",
                          "jsonPath": ".spec.then"}]}]}}])


def fill(client, rng, count, instant):
    """Makes the objects, `count` of most kinds. The distances are from
    `instant` (unix seconds). After prepare()."""
    now = datetime.datetime.fromtimestamp(
        instant, datetime.timezone.utc).replace(tzinfo=None)
    items = [*_jobs(rng, count, now), *_events(rng, count // 3, now),
             *_requests(rng, count // 6),
             ("v1", "Pod", "seen", {"spec": {"containers": [
                 {"name": "c", "image": "i"}]}})]
    items += [(f"{GROUP}/v1", "Span", f"span-{number:03}",
               {"spec": {"then": _span(rng, now)}})
              for number in range(2 * count)]
    zoo.make(client, [_item(*item) for item in items])
