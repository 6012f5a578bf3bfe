// SimCluster: a Kubernetes API server that runs inside a test, answers over
// real sockets as the real one does, and misbehaves on request.
//
//   SimOptions options;
//   options.seed = 7;
//   Result<std::unique_ptr<SimCluster>> started = SimCluster::Start(options);
//   SimCluster& sim = **started;
//   sim.WriteKubeconfig(dir + "/kubeconfig");
//   Written pod = sim.Apply("pods", R"({"metadata":{"namespace":"a",
//                                       "name":"web"},"spec":{}})");
//   sim.Inject({.name = "cut", .resource = "pods", .bytes = 40});
//   sim.Patch("pods", "a", "web", R"({"metadata":{"labels":{"x":"y"}}})");
//   sim.WaitForWatches("pods", 1, 5 * kSecond);
//   for (const JournalEntry& entry : sim.Journal()) ...
//
// Every write, fault and answer is in the journal before its bytes are sent,
// so the journal is the truth that a recording is compared with. One revision
// counter serves all kinds of a cluster, as one etcd does.
//
// A resource is named as kubectl names it: "pods", "deployments.apps",
// "widgets.example.com". Only GET is served, unless the cluster is writable.
// All methods may be called from any thread; the server itself runs in one
// thread of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace kubescribe::fakes {

class VirtualNet;

// Matched like Fault's place.
struct AccessRule {
  std::string resource = "*";
  std::string ns = "*";  // "": requests for all namespaces, cluster scope
  std::string verb = "*";
};

// Someone who may do what is allowed to him and nothing else; everyone may read
// discovery. Known by his bearer token.
struct SimUser {
  std::string name = "";
  std::string token = "";
  std::vector<AccessRule> allowed = {};
};

struct SimOptions {
  std::string name = "sim";  // the cluster, its context and its user
  std::uint64_t seed = 1;    // uids, workload, chances of faults
  int port = 0;              // 0: any free one; always on 127.0.0.1
  bool tls = false;          // self-signed, made at start, in the kubeconfig
  std::string token = "";    // when set, the bearer token that may do all
  // Beside it. Where there are users, nobody else gets in without a token of
  // these (or a certificate, where those are asked for).
  std::vector<SimUser> users = {};
  bool writable = false;  // POST, PUT, PATCH and DELETE are served, else 405
  // Clients show a certificate of this cluster's client CA, or get 401. Only
  // with `tls`; the kubeconfig has one.
  bool client_certificates = false;
  // With `tls`: the CA's certificate is (and stays) here, and the kubeconfig
  // names the file; empty: the kubeconfig has the certificate itself.
  std::string ca_path = "";
  std::uint64_t first_rv = 1000;  // the counter at start

  std::size_t history = 10000;  // events a kind keeps for watches; 410 beyond
  Micros bookmark_interval = kMinute;
  std::size_t page_size_limit = 0;    // largest page whatever is asked; 0: none
  Micros continue_ttl = 5 * kMinute;  // then a continue token is expired
  bool gzip = true;                   // lists above 128 KiB, if accepted
  bool aggregated_discovery = true;   // else only the legacy form
  bool watch_list = true;             // else sendInitialEvents gets 422

  std::string journal_path = "";  // empty: none is written
  bool journal_fsync = false;     // each line, before the event is sent
  bool journal_digest = false;    // SHA-256 in place of the object
  bool keep_journal = true;       // in memory too, for Journal()

  const Clock* clock = nullptr;  // null: the machine's; must outlive the sim
  // In place of sockets and of `clock`: everything in one thread and in virtual
  // time (virtual_net.h). Must outlive the sim.
  VirtualNet* net = nullptr;
};

// What a write made of an object.
struct Written {
  std::uint64_t rv = 0;  // 0: nothing was written (no such object)
  std::string uid;
  std::string body;  // JSON as served in a watch, with apiVersion and kind
};

// One line of the journal of truth: a revision, or (with `fault`) a fault that
// was served. In the file the same names, `type` being ADDED, MODIFIED,
// DELETED, or FAULT.
struct JournalEntry {
  std::uint64_t seq = 0;  // from 1, over revisions and faults
  Micros at = 0;          // wall time of the cluster's clock
  std::string resource;   // plural
  std::string group;
  std::string ns;
  std::string name;
  std::string uid;
  std::uint64_t rv = 0;
  std::string type;
  std::shared_ptr<const std::string> object;  // null for a fault
  std::string fault;                          // its name, else empty
  std::string detail;                         // path of the request it hit
  // Of a fault that hit an event: uid and rv are the event's. What was sent in
  // its place, or beside it, and is not what the cluster holds:
  std::string sent_uid;
  std::string sent_rv;                      // as it stood there
  std::shared_ptr<const std::string> sent;  // the object's bytes
  // Nothing that was sent tells of this event, nor that there was one.
  bool hidden = false;
};

// A request as it arrived and what it was answered.
struct RequestRecord {
  Micros at = 0;  // monotonic time of the cluster's clock
  std::string method;
  std::string target;  // path and query, as sent
  // list, watch, get, create, update, patch, delete, deletecollection,
  // discovery, other
  std::string verb;
  std::string resource;  // as named above; empty for other paths
  std::string ns;        // empty: all, or cluster-scoped
  int status = 0;        // 0: not answered (yet)
  std::string authorization;
  std::string user_agent;
  std::string accept_encoding;
  std::string connection;  // the fault that its connection met; "": none
};

// What to do wrong, where and when. Names: FaultCatalog(), or
// `kubescribe-sim --list-faults`.
struct Fault {
  std::string name = "";
  // Where. "*" is any; for discovery the resource is the group; for
  // cluster-wide faults (rewind, freeze, restart, compact, expire-token, ...)
  // these are not looked at.
  std::string resource = "*";
  std::string ns = "*";    // the namespace of the request's path; "" is none
  std::string verb = "*";  // list, watch, get, discovery
  // When. The first `skip` chances (matching requests for a fault of answers,
  // matching events for a fault of frames, revisions for a cluster-wide one)
  // pass; then each chance is taken with `probability`, `count` times in all.
  std::uint64_t skip = 0;
  std::uint64_t count = 1;  // 0: without end
  double probability = 1.0;
  Micros after = 0;  // not before this long after it was injected
  // How; what a name does not use is ignored.
  // cut, half-open: so many bytes of it are sent; endless ones, oversize,
  // gzip-bomb: their size; deep-nesting, many-keys: how many.
  std::size_t bytes = 0;
  Micros delay = 0;  // trickle: between bytes; freeze, restart: length
  std::string retry_after = "";  // 429, 500, 503: the header; empty: none
  int code = 0;  // error-event: the Status's code; redirect: 301, 307, …
  // redirect: to there, followed by the request's target.
  std::string location = "http://elsewhere.invalid";
  // rewind: how many are undone; stale-list: how old it is.
  std::uint64_t revisions = 0;
  std::string group = "";  // fail-group
  bool reset = false;      // cut: with a TCP reset, not an orderly end
};

struct FaultDescription {
  std::string name = "";
  std::string sentence = "";
};
// All faults, by name.
const std::vector<FaultDescription>& FaultCatalog();

// An answer in place of the server's, from a hook.
struct CannedAnswer {
  int status = 200;
  std::string content_type = "application/json";
  std::string body = "";
  std::vector<std::pair<std::string, std::string>> headers = {};
  bool hold = false;  // never answer; the connection stays open
};
using RequestHook =
    std::function<std::optional<CannedAnswer>(const RequestRecord&)>;

// A kind that is added while the cluster runs.
struct CustomKind {
  std::string group = "";
  std::string version = "v1";
  std::string plural = "";
  std::string kind = "";
  bool namespaced = true;
};

struct WorkloadOptions {
  std::size_t objects = 1000;  // about so many stand when Fill is done
  double rate = 10.0;          // revisions a second
};

// What became of a file of watch lines.
struct Replayed {
  std::size_t lines = 0;
  std::size_t unknown = 0;    // deletions of objects that were not there
  std::size_t bad = 0;        // no watch events of kinds that are served
  std::size_t first_bad = 0;  // the first such line's number; 0: none
};

class SimCluster {
 public:
  // Serving when it returns. kInvalid, kIo: port taken, journal not writable.
  static Result<std::unique_ptr<SimCluster>> Start(SimOptions options);
  // Stops the server and ends all connections.
  ~SimCluster();
  SimCluster(const SimCluster&) = delete;
  SimCluster& operator=(const SimCluster&) = delete;

  void Stop();  // as the destructor; a second call does nothing
  int port() const;
  std::string Url() const;  // "http://127.0.0.1:PORT"
  const SimOptions& options() const;
  std::string CaPem() const;  // empty without TLS
  // A kubeconfig with one context, named as the cluster.
  std::string Kubeconfig() const;
  // One file with a context per cluster; the first is the current one.
  static std::string Kubeconfig(const std::vector<const SimCluster*>& clusters);
  // For its owner's eyes only: it may hold a token or a key.
  Status WriteKubeconfig(const std::string& path) const;
  static Status WriteKubeconfig(const std::string& path,
                                const std::vector<const SimCluster*>& clusters);

  // --- Objects. `json` is an object; apiVersion, kind, uid, resourceVersion
  // and creationTimestamp are filled in by the server. An unknown resource or
  // text that is not JSON ends the test program: it is the test's mistake.

  // Creates, or replaces as a whole what has this namespace and name.
  Written Apply(const std::string& resource, const std::string& json);
  // JSON merge patch (RFC 7386). rv 0 when there is no such object.
  Written Patch(const std::string& resource, const std::string& ns,
                const std::string& name, const std::string& patch);
  // rv is the deletion's. rv 0 when there is no such object.
  Written Delete(const std::string& resource, const std::string& ns,
                 const std::string& name);
  // Deletes all given names under one shared revision, as expired leases do.
  Written DeleteBatch(const std::string& resource, const std::string& ns,
                      const std::vector<std::string>& names);
  // `count` small objects, PREFIX0 and on. Returns the last one's RV.
  std::uint64_t CreateMany(const std::string& resource, const std::string& ns,
                           const std::string& prefix, std::size_t count);
  // Moves the counter without an event, as writes to unseen kinds do.
  std::uint64_t Advance(std::uint64_t revisions);

  std::uint64_t CurrentRv() const;
  struct ObjectState {
    std::string ns, name, uid;
    std::uint64_t rv = 0;
    std::string body;  // with apiVersion and kind
  };
  // What exists now, in list order.
  std::vector<ObjectState> Objects(const std::string& resource) const;

  // --- Kinds.

  // Creates the CRD object and serves the kind. Returns the CRD's RV.
  std::uint64_t AddCrd(const CustomKind& kind);
  // A merge patch of the CRD. A change of its spec ends the kind's watches and
  // begins its history anew. Returns the CRD's RV, 0 when there is none.
  std::uint64_t EditCrd(const std::string& group, const std::string& plural,
                        const std::string& patch);
  // Deletes the objects, the CRD, ends the watches; then 404.
  std::uint64_t RemoveCrd(const std::string& group, const std::string& plural);
  // An APIService whose backend works, or (failing) answers 503 and is stale
  // in discovery. Called again it changes which.
  void SetApiService(const CustomKind& kind, bool failing);
  // Any group: all of its paths answer 503, discovery included.
  void FailGroup(const std::string& group, bool failing);

  // --- Access.

  void SetToken(const std::string& token);  // others get 401 from now on
  void ExpireToken();                       // every token does, until SetToken
  // What matches is answered 403 from now on.
  void Forbid(const AccessRule& rule);
  void AllowAll();  // takes all rules back

  // --- History.

  // Watches from before now get 410; open ones go on. Empty: all kinds.
  void Compact(const std::string& resource = "");
  void ExpireContinueTokens();
  // A point to come back to with Restore: objects and counter.
  int TakeSnapshot();
  // As etcd restored from a backup: the counter goes back, connections end.
  void Restore(int snapshot);
  // Undoes the last revisions, as far as the history reaches. Returns the RV.
  std::uint64_t Rewind(std::uint64_t revisions);
  // Another cluster in the same place: kube-system has a new uid.
  void ChangeIdentity();
  std::string KubeSystemUid() const;

  // --- Faults.

  int Inject(const Fault& fault);  // ends the program on an unknown name
  void RemoveFault(int id);
  void ClearFaults();
  std::uint64_t FaultsServed(const std::string& name) const;
  // Faults from a file: YAML or JSON lines, the names of Fault's fields with
  // after and delay in seconds. kInvalid names file and entry.
  Status LoadScenario(const std::string& path);

  void Freeze();  // as SIGSTOP: the kernel accepts, nothing is answered
  void Thaw();
  void GoDown();  // connections reset, port closed
  // On the same port. After a real start the watch windows are empty.
  void ComeUp(bool keep_windows = false);
  void CutConnections();  // all, in the middle of whatever they send

  // At most one; called in the server's thread before anything else.
  void SetHook(RequestHook hook);

  // --- Looking.

  std::vector<JournalEntry> Journal() const;
  // The last 100 000 requests, oldest first.
  std::vector<RequestRecord> Requests() const;
  // Open watches of the resource ("*": all).
  std::size_t OpenWatches(const std::string& resource) const;
  // Waits; false when `timeout` passed first.
  bool WaitForWatches(const std::string& resource, std::size_t at_least,
                      Micros timeout) const;
  // Waits until `done` says true of the cluster; it is asked after each
  // request, answer, fault and write.
  bool WaitUntil(const std::function<bool(const SimCluster&)>& done,
                 Micros timeout) const;

  // --- Workload: namespaces, Nodes, Deployments with ReplicaSets and Pods
  // through their phases, ConfigMaps, Secrets, Events. Repeatable: same seed,
  // same options and same clock give the same journal.

  void Fill(const WorkloadOptions& options);  // the standing objects
  void Step(std::size_t revisions);           // so many more changes, now
  void StartWorkload(double rate);            // in a thread; after Fill
  void StopWorkload();
  // Applies a file of watch lines ({"type","object"}), `rate` a second (0: as
  // fast as it goes), in the caller's thread, until StopWorkload if need be.
  // What cannot be applied is counted and passed over. kIo when the file cannot
  // be read.
  Result<Replayed> Replay(const std::string& path, double rate);

 private:
  struct Impl;
  explicit SimCluster(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace kubescribe::fakes
