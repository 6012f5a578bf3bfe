#include "fakes/faults.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>

namespace kubescribe::fakes {
namespace {

using S = FaultScope;

constexpr FaultKind kKinds[] = {
    // Answers.
    {"gone-connect", S::kRequest,
     "A watch is answered HTTP 410 in place of a stream."},
    {"gone-event", S::kRequest,
     "A watch is answered 200 with one ERROR event, code 410, then EOF."},
    {"gone-list", S::kRequest, "The first page of a list is answered 410."},
    {"expired-continue", S::kRequest,
     "A later page of a list is answered 410 with a replacement token."},
    {"eof", S::kRequest,
     "A watch is answered 200 and ends at once without an event."},
    {"status-429", S::kRequest,
     "429 with a plain text body; Retry-After as given."},
    {"status-500", S::kRequest,
     "500 with a Status body; Retry-After as given."},
    {"status-503", S::kRequest,
     "503 with a plain text body; Retry-After as given."},
    {"status-504", S::kRequest,
     "504 with a Status body; Retry-After as given."},
    {"html", S::kRequest, "200 with a login page as text/html, as proxies do."},
    {"unauthorized", S::kRequest, "401, whatever the token."},
    {"forbidden", S::kRequest, "403, whatever the user."},
    {"not-found", S::kRequest,
     "404 for a kind that is served, as right after a CRD's creation."},
    {"no-answer", S::kRequest,
     "The request is read and never answered; the connection stays."},
    {"redirect", S::kRequest, "302 to another host."},
    {"gzip", S::kRequest,
     "The answer is gzipped if the client accepts it: lists of any size, "
     "watches with one gzip member a flush."},
    // Events and bodies.
    {"cut", S::kFrame,
     "The connection ends after so many bytes of an event (or of a list's "
     "body, with verb list)."},
    {"half-open", S::kFrame,
     "After so many bytes of an event nothing more is sent; the socket stays "
     "open."},
    {"trickle", S::kFrame, "An event arrives byte by byte, with pauses."},
    {"drop", S::kFrame,
     "An event is never sent; the stream goes on as if it had been."},
    {"duplicate", S::kFrame, "An event is sent twice."},
    {"reorder", S::kFrame, "An event is sent after the one that follows it."},
    {"null-deleted", S::kFrame, "A DELETED event whose object is null."},
    {"oversize", S::kFrame,
     "An event padded to so many bytes (default 17 MiB)."},
    {"unparsable", S::kFrame,
     "An event whose JSON is broken inside balanced braces."},
    {"garbage", S::kFrame, "Bytes that are no JSON between two events."},
    {"bad-rv", S::kFrame, "An event whose resourceVersion is not a number."},
    {"empty-rv", S::kFrame, "An event without a resourceVersion."},
    {"unknown-type", S::kFrame, "An event of a type that does not exist."},
    {"error-event", S::kFrame,
     "An ERROR event with the given code (default 500) in place of an event, "
     "then EOF; the event comes with the next watch."},
    {"end", S::kFrame, "An orderly end of the stream before an event."},
    {"low-bookmark", S::kFrame,
     "A bookmark with an RV below the position, after an event."},
    {"no-bookmark", S::kBookmark, "A bookmark that is due is not sent."},
    // The cluster.
    {"rewind", S::kCluster,
     "The last revisions are undone and the counter goes back, as after a "
     "restore of etcd; all connections end."},
    {"restart", S::kCluster,
     "The server is gone for the delay, then back with empty windows."},
    {"freeze", S::kCluster,
     "For the delay nothing is answered or sent; the kernel still accepts."},
    {"cut-all", S::kCluster, "All connections are reset."},
    {"compact", S::kCluster,
     "Positions from before now are too old; open watches go on."},
    {"expire-continue-tokens", S::kCluster,
     "All continue tokens given out so far are expired."},
    {"expire-token", S::kCluster,
     "The bearer token stops working until a new one is set."},
    {"fail-group", S::kCluster,
     "An API group answers 503 and is stale in discovery, for the delay (0: "
     "for good)."},
    {"change-identity", S::kCluster,
     "kube-system has a new uid: another cluster in the same place."},
};

bool Match(const std::string& pattern, const std::string& value) {
  return pattern == "*" || pattern == value;
}

}  // namespace

const FaultKind* FindFaultKind(const std::string& name) {
  const auto* at =
      std::find_if(std::begin(kKinds), std::end(kKinds),
                   [&](const FaultKind& kind) { return kind.name == name; });
  return at == std::end(kKinds) ? nullptr : at;
}

const std::vector<FaultDescription>& FaultCatalog() {
  static const std::vector<FaultDescription> catalog = [] {
    std::vector<FaultDescription> out;
    for (const FaultKind& kind : kKinds) {
      out.push_back({kind.name, kind.sentence});
    }
    return out;
  }();
  return catalog;
}

FaultBook::FaultBook(std::uint64_t seed, const Clock& clock)
    : clock_(clock), random_(seed ^ 0x5fa17u) {}

int FaultBook::Add(const Fault& fault) {
  const FaultKind* kind = FindFaultKind(fault.name);
  if (kind == nullptr) {
    std::fprintf(stderr, "no fault is called '%s'\n", fault.name.c_str());
    std::abort();
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  Waiting waiting;
  waiting.id = next_id_++;
  waiting.fault = fault;
  waiting.kind = kind;
  waiting.since = clock_.Mono();
  waiting_.push_back(waiting);
  return waiting.id;
}

void FaultBook::Remove(int id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::erase_if(waiting_, [&](const Waiting& w) { return w.id == id; });
}

void FaultBook::Clear() {
  const std::lock_guard<std::mutex> lock(mutex_);
  waiting_.clear();
}

bool FaultBook::Strikes(Waiting& waiting) {
  const Fault& fault = waiting.fault;
  if (clock_.Mono() - waiting.since < fault.after) return false;
  if (waiting.chances++ < fault.skip) return false;
  if (fault.probability < 1.0 && random_.Fraction() >= fault.probability) {
    return false;
  }
  ++waiting.served;
  return true;
}

template <typename Matches>
std::optional<Fault> FaultBook::Take(Matches matches) {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (auto it = waiting_.begin(); it != waiting_.end(); ++it) {
    if (!matches(*it) || !Strikes(*it)) continue;
    const Fault fault = it->fault;
    if (fault.count != 0 && it->served >= fault.count) waiting_.erase(it);
    return fault;
  }
  return std::nullopt;
}

bool FaultBook::Fits(const Waiting& waiting, const FaultPlace& place) {
  const Fault& fault = waiting.fault;
  return Match(fault.resource, place.resource) && Match(fault.ns, place.ns) &&
         Match(fault.verb, place.verb);
}

std::optional<Fault> FaultBook::ForRequest(const FaultPlace& place) {
  return Take([&](const Waiting& w) {
    if (w.kind->scope != S::kRequest || !Fits(w, place)) return false;
    const std::string& name = w.fault.name;
    if (name == "gone-connect" || name == "gone-event" || name == "eof") {
      return place.verb == "watch";
    }
    if (name == "gone-list") {
      return place.verb == "list" && !place.with_continue;
    }
    if (name == "expired-continue") {
      return place.verb == "list" && place.with_continue;
    }
    return true;
  });
}

std::optional<Fault> FaultBook::ForBody(const FaultPlace& place) {
  return Take([&](const Waiting& w) {
    const std::string& name = w.fault.name;
    return (name == "cut" || name == "half-open" || name == "trickle") &&
           w.fault.verb != "*" && w.fault.verb != "watch" && Fits(w, place);
  });
}

std::optional<Fault> FaultBook::ForFrame(const FaultPlace& place) {
  return Take([&](const Waiting& w) {
    return w.kind->scope == S::kFrame && Fits(w, place) &&
           (w.fault.name != "null-deleted" || place.deletion);
  });
}

std::optional<Fault> FaultBook::ForBookmark(const FaultPlace& place) {
  return Take([&](const Waiting& w) {
    return w.kind->scope == S::kBookmark && Fits(w, place);
  });
}

std::optional<Fault> FaultBook::ForCluster(bool revision) {
  return Take([&](const Waiting& w) {
    return w.kind->scope == S::kCluster && (revision || w.fault.skip == 0);
  });
}

bool FaultBook::HasClusterFaults() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return std::any_of(waiting_.begin(), waiting_.end(), [](const Waiting& w) {
    return w.kind->scope == S::kCluster;
  });
}

}  // namespace kubescribe::fakes
