"""A small client of the Kubernetes API, for one thread each."""

import http.client
import json
import ssl
import time

import exact_json


class ApiError(Exception):
    """The server answered with an error."""

    def __init__(self, method, path, status, text):
        super().__init__(f"{method} {path}: {status} {text[:300]}")
        self.status = status


def _not_begun(status, text):
    """True when the server did nothing of the request and asks to wait.

    A kind answers so for a moment after its CRD was edited: 503 while its old
    storage is torn down, 429 until its new one is ready.
    """
    return status == 429 or (
        status == 503 and "apiserver is shutting down" in text)


class Client:
    """One connection, made again when it broke.

    A request whose answer was lost raises OSError or HTTPException: whether
    the server did it is not known then.
    """

    def __init__(self, port, ca_file, token):
        self._port = port
        self._token = token
        self._context = ssl.create_default_context(cafile=ca_file)
        self._connection = None

    def close(self):
        if self._connection:
            self._connection.close()
            self._connection = None

    def raw(self, method, path, body=None, content_type="application/json",
            timeout=30):
        """(status, text) of one request.

        A GET is asked again once when its connection had gone stale. What was
        refused before it was begun is asked again for timeout seconds.
        """
        end = time.monotonic() + timeout
        while True:
            status, text, wait = self._ask_again(
                method, path, body, content_type, timeout)
            if (not _not_begun(status, text) or
                    time.monotonic() + wait > end):
                return status, text
            time.sleep(wait)

    def _ask_again(self, method, path, body, content_type, timeout):
        fresh = self._connection is None
        try:
            return self._ask(method, path, body, content_type, timeout)
        except (OSError, http.client.HTTPException):
            if method != "GET" or fresh:
                raise
        return self._ask(method, path, body, content_type, timeout)

    def _ask(self, method, path, body, content_type, timeout):
        if self._connection is None:
            self._connection = http.client.HTTPSConnection(
                "127.0.0.1", self._port, context=self._context,
                timeout=timeout)
        headers = {"Authorization": f"Bearer {self._token}",
                   "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = content_type
            if not isinstance(body, (str, bytes)):
                body = json.dumps(body)
            if isinstance(body, str):
                body = body.encode()
        try:
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        if answer.will_close:
            self.close()
        wait = answer.getheader("Retry-After", "")
        return answer.status, text, int(wait) if wait.isdigit() else 1

    def text(self, method, path, body=None,
             content_type="application/json"):
        """The answer's text; ApiError unless it is a success."""
        status, text = self.raw(method, path, body, content_type)
        if status >= 300:
            raise ApiError(method, path, status, text)
        return text

    def get(self, path):
        return exact_json.loads(self.text("GET", path))

    def create(self, path, body):
        return exact_json.loads(self.text("POST", path, body))

    def patch(self, path, body):
        return exact_json.loads(self.text(
            "PATCH", path, body, "application/merge-patch+json"))

    def delete(self, path):
        return exact_json.loads(self.text("DELETE", path))

    def stream(self, path, timeout=30):
        """The lines of a watch, on a connection of their own, until it ends."""
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self._port, context=self._context, timeout=timeout)
        try:
            connection.request("GET", path, headers={
                "Authorization": f"Bearer {self._token}"})
            answer = connection.getresponse()
            if answer.status != 200:
                raise ApiError("GET", path, answer.status,
                               answer.read().decode())
            while True:
                line = answer.readline()
                if not line:
                    return
                yield line.decode()
        finally:
            connection.close()


def path_of(group, version, resource, namespace="", name="", sub=""):
    """The URL path of a collection, or of one object in it."""
    path = f"/apis/{group}/{version}" if group else f"/api/{version}"
    if namespace:
        path += f"/namespaces/{namespace}"
    path += f"/{resource}"
    if name:
        path += f"/{name}"
    if sub:
        path += f"/{sub}"
    return path
