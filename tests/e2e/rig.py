"""A real kube-apiserver on a real etcd, on the loopback, for tests.

    with rig.Cluster(servers_dir, work_dir) as cluster:
        cluster.start()
        cluster.client().get("/version")
        cluster.compact(); cluster.restart_api()

There is no kubelet and no controller: Pods stay as they are written,
Deployments make no ReplicaSets, namespaces stay Terminating.
"""

import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import time
import urllib.request

import kube

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# The versions that tools/servers builds.
NEWEST = "1.36"
VERSIONS = (NEWEST, "1.32")
# Users of the token file: name -> groups.
USERS = {
    "admin": "system:masters",
    "recorder": "recorders",
    "limited": "limited",
    "reader": "readers",
    "mapper": "mappers",
}
# What the recorder is allowed everywhere, unless a test binds it otherwise.
READ_ALL = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRole",
    "metadata": {"name": "read-all"},
    "rules": [{"apiGroups": ["*"], "resources": ["*"],
               "verbs": ["get", "list", "watch"]}],
}

# Flags with which a server has every kind that it can have, also those that are
# not in use by default.
EVERYTHING = {
    "1.36": (
        "--runtime-config=api/all=true",
        "--feature-gates=ClusterTrustBundle=true,"
        "CoordinatedLeaderElection=true,DRADeviceTaintRules=true,"
        "DRADeviceTaints=true,DRAResourcePoolStatus=true,GangScheduling=true,"
        "GenericWorkload=true,PodCertificateRequest=true,"
        "StorageVersionMigrator=true,StorageVersionAPI=true,"
        "APIServerIdentity=true"),
    "1.32": (
        "--runtime-config=api/all=true",
        "--feature-gates=ClusterTrustBundle=true,"
        "CoordinatedLeaderElection=true,DynamicResourceAllocation=true,"
        "MutatingAdmissionPolicy=true,MultiCIDRServiceAllocator=true,"
        "StorageVersionMigrator=true,InformerResourceVersion=true,"
        "VolumeAttributesClass=true,StorageVersionAPI=true,"
        "APIServerIdentity=true"),
}


class RigError(Exception):
    """The cluster could not be brought where the test wants it."""


def find_servers(version=None):
    """The folder of the newest servers, or of those of an older version
    ("1.32"); None where tools/servers has not built them."""
    words = ["--find"] if version in (None, NEWEST) else ["--find", version]
    found = subprocess.run([ROOT / "tools" / "servers", *words],
                           stdout=subprocess.PIPE, text=True, check=False)
    return found.stdout.strip() if found.returncode == 0 else None


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, condition, timeout=60, pause=0.05):
    """The first true value of condition(); RigError after `timeout` s."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise RigError(f"waited {timeout} s in vain: {what}")
        time.sleep(pause)


class Cluster:
    """One etcd and one API server; ports stay the same over restarts."""

    def __init__(self, servers, work, name="one", api_flags=(), version=None):
        """version: "1.32" for the older API server instead of that of
        `servers`."""
        self.name = name
        self._servers = pathlib.Path(
            find_servers(version) if version else servers)
        self.dir = pathlib.Path(work) / name
        self.dir.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self._etcd_port = free_port()
        self._peer_port = free_port()
        self._api_flags = list(api_flags)
        self._etcd = None
        self._api = None
        self._frozen = False
        self._certs = self.dir / "certs"
        self.ca_file = self._certs / "apiserver.crt"
        self._write_files()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _write_files(self):
        key = self.dir / "sa.key"
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(self.dir / "tokens.csv", "w", encoding="utf-8") as out:
            for user, groups in USERS.items():
                out.write(f'{self.token(user)},{user},{user},"{groups}"\n')

    def token(self, user):
        return f"token-of-{user}-{self.name}"

    def _spawn(self, program, arguments):
        log = open(self.dir / f"{program}.log", "ab")
        try:
            return subprocess.Popen(
                [self._servers / program, *arguments], stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, cwd=self.dir,
                start_new_session=True)
        finally:
            log.close()

    # -- running

    def start(self):
        """Both servers; returns when the API server is ready."""
        self.start_etcd()
        self.start_api()
        admin = self.client()
        # The bootstrap roles come a moment after readyz.
        for path, body in (
            ("clusterroles", READ_ALL),
            ("clusterrolebindings", {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "ClusterRoleBinding",
                "metadata": {"name": "recorders-read-all"},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io",
                            "kind": "ClusterRole", "name": "read-all"},
                "subjects": [{"kind": "Group", "name": "recorders",
                              "apiGroup": "rbac.authorization.k8s.io"}],
            }),
        ):
            status, text = admin.raw(
                "POST", f"/apis/rbac.authorization.k8s.io/v1/{path}", body)
            if status not in (201, 409):
                raise RigError(f"cannot bind the recorder: {text}")

    def start_etcd(self):
        client = f"http://127.0.0.1:{self._etcd_port}"
        peer = f"http://127.0.0.1:{self._peer_port}"
        self._etcd = self._spawn("etcd", [
            "--data-dir", str(self.dir / "etcd"),
            "--listen-client-urls", client,
            "--advertise-client-urls", client,
            "--listen-peer-urls", peer,
            "--initial-advertise-peer-urls", peer,
            "--initial-cluster", f"default={peer}",
            "--unsafe-no-fsync", "--log-level", "error",
        ])
        wait_for("etcd is healthy", self._etcd_healthy)

    def _etcd_healthy(self):
        if self._etcd.poll() is not None:
            raise RigError(f"etcd ended, see {self.dir}/etcd.log")
        try:
            url = f"http://127.0.0.1:{self._etcd_port}/health"
            with urllib.request.urlopen(url, timeout=2) as answer:
                return b"true" in answer.read()
        except OSError:
            return False

    def start_api(self):
        key = str(self.dir / "sa.key")
        self._api = self._spawn("kube-apiserver", [
            f"--etcd-servers=http://127.0.0.1:{self._etcd_port}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            f"--secure-port={self.port}",
            f"--cert-dir={self._certs}",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--service-cluster-ip-range=10.0.0.0/24",
            f"--token-auth-file={self.dir / 'tokens.csv'}",
            "--authorization-mode=RBAC",
            "--disable-admission-plugins=ServiceAccount",
            *self._api_flags,
        ])
        wait_for("the API server is ready", self._api_ready)

    def _api_ready(self):
        if self._api.poll() is not None:
            raise RigError(f"kube-apiserver ended, see {self.dir}/"
                           "kube-apiserver.log")
        if not self.ca_file.exists():
            return False
        try:
            client = self.client()
            try:
                return client.raw("GET", "/readyz", timeout=3)[0] == 200
            finally:
                client.close()
        except (OSError, ssl.SSLError, http.client.HTTPException):
            return False

    @staticmethod
    def _end(process, how):
        if process is None or process.poll() is not None:
            return
        process.send_signal(how)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def stop_api(self, how=signal.SIGTERM):
        """Ends the API server and waits until it is gone."""
        self.thaw()
        # An open watch holds a terminating API server for up to a minute, so
        # a gentle stop is followed by a firm one.
        if self._api and self._api.poll() is None and how == signal.SIGTERM:
            self._api.send_signal(how)
            try:
                self._api.wait(3)
            except subprocess.TimeoutExpired:
                pass
        self._end(self._api, signal.SIGKILL)
        self._api = None

    def kill_api(self):
        self.stop_api(signal.SIGKILL)

    def restart_api(self, how=signal.SIGTERM):
        self.stop_api(how)
        self.start_api()

    def freeze(self):
        """The API server goes silent while its kernel still acknowledges."""
        self._api.send_signal(signal.SIGSTOP)
        self._frozen = True

    def thaw(self):
        if self._frozen and self._api and self._api.poll() is None:
            self._api.send_signal(signal.SIGCONT)
        self._frozen = False

    def stop_etcd(self):
        self._end(self._etcd, signal.SIGTERM)
        self._etcd = None

    def stop(self):
        self.stop_api(signal.SIGKILL)
        self.stop_etcd()

    # -- making it misbehave

    def compact(self):
        """Compacts etcd at its present revision, which is returned.

        The API server's watch cache still serves older positions until it is
        restarted.
        """
        revision = self.revision()
        self._etcd_call("kv/compaction",
                        {"revision": revision, "physical": True})
        return int(revision)

    def revision(self):
        """etcd's present revision, as text."""
        answer = self._etcd_call("kv/range", {"key": "AA=="})
        return answer["header"]["revision"]

    def _etcd_call(self, method, body):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._etcd_port}/v3/{method}",
            json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def copy_etcd(self):
        """Keeps a copy of etcd's folder for restore_etcd; restarts both."""
        self.stop_api()
        self.stop_etcd()
        copy = self.dir / "etcd.copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.dir / "etcd", copy)
        self.start_etcd()
        self.start_api()

    def restore_etcd(self):
        """Puts the copy back, as from an old backup; restarts both."""
        self.stop_api()
        self.stop_etcd()
        shutil.rmtree(self.dir / "etcd")
        shutil.copytree(self.dir / "etcd.copy", self.dir / "etcd")
        self.start_etcd()
        self.start_api()

    # -- using it

    def client(self, user="admin"):
        return kube.Client(self.port, str(self.ca_file), self.token(user))

    def namespace(self, *names):
        admin = self.client()
        for name in names:
            admin.create("/api/v1/namespaces", {
                "apiVersion": "v1", "kind": "Namespace",
                "metadata": {"name": name}})

    def allow_namespace(self, user, namespace):
        """The user may read everything in this namespace, no more."""
        path = ("/apis/rbac.authorization.k8s.io/v1/namespaces/"
                f"{namespace}/rolebindings")
        self.client().create(path, {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": f"{user}-reads"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io",
                        "kind": "ClusterRole", "name": "read-all"},
            "subjects": [{"kind": "User", "name": user,
                          "apiGroup": "rbac.authorization.k8s.io"}]})

    def kubeconfig(self, user="recorder", credentials=None, file_name=None):
        """Writes a kubeconfig and returns its path.

        `credentials` replaces the user's token, as {"tokenFile": …} or
        {"exec": …}; JSON is YAML.
        """
        path = self.dir / (file_name or f"kubeconfig-{user}")
        content = {
            "apiVersion": "v1", "kind": "Config",
            "current-context": self.name,
            "clusters": [{"name": self.name, "cluster": {
                "server": f"https://127.0.0.1:{self.port}",
                "certificate-authority": str(self.ca_file)}}],
            "users": [{"name": user, "user":
                       credentials or {"token": self.token(user)}}],
            "contexts": [{"name": self.name, "context": {
                "cluster": self.name, "user": user}}],
        }
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        os.chmod(path, 0o600)
        return path
