"""What one check asked a server and was answered, made comparable.

Two servers never answer with the same bytes: uids, revisions, times and tokens
differ. A transcript has placeholders for them that keep what they mean: an
object's revision is named after the write that made it, a list's after the
last write that it is not older than.
"""

import base64
import http.client
import json
import re
import ssl
import time

# Headers that a client may go by. The length of a body is not compared, but
# that it is announced is.
HEADERS = ("Content-Type", "Content-Encoding", "Transfer-Encoding",
           "Content-Length", "Cache-Control", "Connection", "Retry-After",
           "Vary", "X-Content-Type-Options", "WWW-Authenticate", "Location")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
CURRENT = re.compile(r"(?<=current: )\d+")
TOO_OLD = re.compile(r"(?<=too old resource version: )\d+ \(\d+\)")


class Target:
    """A server under check: where it is, and the tokens of its users."""

    def __init__(self, name, port, ca_file, tokens):
        self.name = name
        self.port = port
        self.tokens = tokens
        self._context = ssl.create_default_context(cafile=ca_file)

    def connect(self, timeout=30):
        return http.client.HTTPSConnection(
            "127.0.0.1", self.port, context=self._context, timeout=timeout)


class Mismatch(Exception):
    """A check could not be run as it is written."""


class Script:
    """One check's talk with one server: asks, and keeps the transcript."""

    def __init__(self, target, space):
        self.target = target
        self.lines = []
        self.space = space  # a name that is this check's own
        self._known = {}    # revision -> the write that made it
        self._uids = {}
        self._connection = None

    def close(self):
        if self._connection:
            self._connection.close()
            self._connection = None

    # -- asking without a trace in the transcript

    def quiet(self, method, path, body=None, user="admin", headers=None,
              content_type="application/json"):
        """(status, headers, text) of one request."""
        fields = {"User-Agent": "conformance/1", "Accept": "application/json"}
        if self.target.tokens.get(user, user):
            token = self.target.tokens.get(user, user)
            fields["Authorization"] = f"Bearer {token}"
        fields.update(headers or {})
        if body is not None:
            fields["Content-Type"] = content_type
            if not isinstance(body, (str, bytes)):
                body = json.dumps(body)
        if self._connection is None:
            self._connection = self.target.connect()
        try:
            self._connection.request(method, path, body, fields)
            answer = self._connection.getresponse()
            data = answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        return answer.status, answer.headers, data

    def wrote(self, text, what):
        """Keeps the revision of a write's answer under a name."""
        meta = json.loads(text).get("metadata", {})
        if "uid" in meta:
            self._known.setdefault(int(meta["resourceVersion"]), what)
        return meta

    def create(self, path, body, what=None):
        """Creates without a trace; the object's metadata."""
        status, _, text = self.quiet("POST", path, body)
        if status != 201:
            raise Mismatch(f"{self.target.name}: POST {path}: {text}")
        name = body["metadata"]["name"]
        return self.wrote(text, what or f"create {name}")

    def patch(self, path, body, what=None):
        status, _, text = self.quiet(
            "PATCH", path, body, content_type="application/merge-patch+json")
        if status != 200:
            raise Mismatch(f"{self.target.name}: PATCH {path}: {text}")
        return self.wrote(text, what or f"patch {path.rsplit('/', 1)[1]}")

    def delete(self, path):
        status, _, text = self.quiet("DELETE", path)
        if status != 200:
            raise Mismatch(f"{self.target.name}: DELETE {path}: {text}")

    def position(self, path):
        """The revision of a list at this moment."""
        _, _, text = self.quiet("GET", path + "?limit=1")
        return int(json.loads(text)["metadata"]["resourceVersion"])

    def settle(self, path):
        """Returns when the server's cache has all that was written."""
        at = self.position(path)
        self.quiet("GET", f"{path}?resourceVersion={at}"
                          "&resourceVersionMatch=NotOlderThan")
        return at

    def until(self, path, wanted, says="", timeout=30):
        """Asks until the answer's status is `wanted`, and it `says` that."""
        end = time.monotonic() + timeout
        while True:
            status, _, data = self.quiet("GET", path)
            if status == wanted and says in str(data):
                return
            if time.monotonic() > end:
                raise Mismatch(f"{self.target.name}: {path} never {wanted}")
            time.sleep(0.05)

    # -- asking on the record

    def note(self, text):
        self.lines.append(text)

    def ask(self, path, method="GET", body=None, user="admin", headers=None,
            content_type="application/json", framing=False, exact=False,
            shape=None):
        """One request on the record; the JSON of its answer, or its text.

        framing: how the body is delimited is compared too. exact: a list's
        revision has to be a known one. shape(json) replaces the body.
        """
        if body is not None:
            self.note(f"> {method} {self._show(path)} {self._show_body(body)}")
        else:
            self.note(f"> {method} {self._show(path)}"
                      f"{'' if user == 'admin' else ' as ' + user}"
                      f"{' ' + str(headers) if headers else ''}")
        status, fields, data = self.quiet(
            method, path, body, user, headers, content_type)
        self.note(f"< {status} {self._headers(fields, framing)}")
        if fields.get("Content-Encoding") == "gzip":
            import gzip
            data = gzip.decompress(data)
        try:
            text = data.decode()
        except UnicodeDecodeError:
            self.note(f"< not text, begins with {data[:4]!r}")
            return data
        try:
            parsed = json.loads(text)
        except ValueError:
            self.note(f"< text {text!r}")
            return text
        if method not in ("GET", "DELETE") and status < 300:
            self.wrote(text, f"write {len(self._known)}")
        compact = json.dumps(parsed, separators=(",", ":"),
                             ensure_ascii=False)
        # Go writes these three so.
        given = text.strip().replace("\\u003c", "<").replace(
            "\\u003e", ">").replace("\\u0026", "&")
        self.note("< " + ("compact" if given == compact else "spaced")
                  + (", newline" if text.endswith("\n") else ""))
        shown = shape(parsed) if shape else parsed
        self.note("< " + self._plain(self._json(shown, exact)))
        return parsed

    def watch(self, path, count=None, during=None, user="admin", headers=None,
              bookmarks=False):
        """A watch on the record: `count` events, or all until it ends.

        during() is called once the watch is open. Bookmarks other than the one
        behind the initial events come when the server thinks fit: they are
        counted and shown with `bookmarks` alone, and then equal ones in a row
        once.
        """
        self.note(f"> WATCH {self._show(path)}"
                  f"{'' if user == 'admin' else ' as ' + user}")
        connection = self.target.connect(timeout=40)
        try:
            token = self.target.tokens.get(user, user)
            fields = {"Authorization": f"Bearer {token}",
                      "User-Agent": "conformance/1"}
            fields.update(headers or {})
            connection.request("GET", path, None, fields)
            answer = connection.getresponse()
            self.note(f"< {answer.status} {self._headers(answer.headers)}")
            if answer.status != 200:
                text = answer.read().decode()
                try:
                    self.note("< " + self._plain(self._json(json.loads(text))))
                except ValueError:
                    self.note(f"< text {text!r}")
                return
            if during:
                during()
            seen, last = 0, None
            while count is None or seen < count:
                line = answer.readline()
                if not line:
                    self.note("< ends")
                    return
                event = json.loads(line)
                plain = (event["type"] == "BOOKMARK" and
                         "annotations" not in event["object"]["metadata"])
                if plain and not bookmarks:
                    continue
                if line != (json.dumps(event, separators=(",", ":"),
                                       ensure_ascii=False) + "\n").encode():
                    self.note("< not one compact line")
                shown = self._plain(self._json(event))
                seen += 1
                if plain and shown == last:
                    continue
                last = shown
                self.note("< " + shown)
        finally:
            connection.close()

    # -- making it comparable

    @staticmethod
    def _plain(value):
        return json.dumps(value, ensure_ascii=False)

    def _show(self, path):
        text = path.replace(self.space, "SPACE")
        text = re.sub(r"(?<=continue=)[A-Za-z0-9_-]{20,}", "TOKEN", text)
        return re.sub(r"(?<=resourceVersion=)\d{2,6}(?=&|$)",
                      lambda m: self._revision(m[0], False), text)

    def _show_body(self, body):
        text = body if isinstance(body, str) else self._plain(body)
        text = re.sub(r'(?<="resourceVersion": ")\d{2,}(?=")',
                      lambda m: self._revision(m[0], False), text)
        return text.replace(self.space, "SPACE")

    def _headers(self, fields, framing=True):
        shown = {}
        for name in HEADERS:
            value = fields.get(name)
            if value is None:
                continue
            if name in ("Content-Length", "Transfer-Encoding"):
                if not framing:
                    continue
                value = "yes" if name == "Content-Length" else value
            shown[name] = value
        return shown

    def _revision(self, text, exact):
        if not text.isdigit():
            return text
        rv = int(text)
        if rv in self._known and exact:
            return f"<{self._known[rv]}>"
        older = [at for at in self._known if at <= rv]
        if not older:
            return "<before all>"
        return f"<{'' if exact else 'at or '}after {self._known[max(older)]}>"

    def _token(self, text):
        if not text:
            return text
        try:
            padded = text + "=" * (-len(text) % 4)
            token = json.loads(base64.urlsafe_b64decode(padded))
        except ValueError:
            return "<unreadable token>"
        # Its key begins with a slash or not, as the cache or etcd made it.
        start = token.get("start", "").lstrip("/")
        token["start"] = start.replace(self.space, "SPACE")
        if token.get("rv", 0) > 0:
            token["rv"] = self._revision(str(token["rv"]), False)
        return token

    def _json(self, value, exact=False):
        if isinstance(value, list):
            return [self._json(one, exact) for one in value]
        if isinstance(value, str):
            text = TIME.sub("<time>", value.replace(self.space, "SPACE"))
            text = CURRENT.sub("<revision>", text)
            return TOO_OLD.sub("<revision> (<revision>)", text)
        if not isinstance(value, dict):
            return value
        out = {}
        for key, one in value.items():
            if key == "uid" and isinstance(one, str):
                one = self._uids.setdefault(one, f"<uid {len(self._uids)}>")
            elif key == "resourceVersion" and isinstance(one, str):
                one = self._revision(one, exact or "uid" in value)
            elif key == "managedFields":
                one = "<managed fields>"
            elif key == "continue" and isinstance(one, str):
                one = self._token(one)
            else:
                one = self._json(one, exact)
            out[key] = one
        return out
