#include "fakes/faults.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>

namespace kubescribe::fakes {
namespace {

using S = FaultScope;
using L = FaultLimit;

constexpr FaultKind kKinds[] = {
    // Answers as a whole.
    {"gone-connect", S::kRequest, L::kWatch,
     "A watch is answered HTTP 410 in place of a stream."},
    {"gone-event", S::kRequest, L::kWatch,
     "A watch is answered 200 with one ERROR event, code 410, then EOF."},
    {"gone-old-reason", S::kRequest, L::kWatch,
     "As gone-event, with the reason Gone, as servers up to 1.17 say it."},
    {"gone-list", S::kRequest, L::kFirstPage,
     "The first page of a list is answered 410."},
    {"stale-list", S::kRequest, L::kFirstPage,
     "A list shows, with its resourceVersion, what was there so many revisions "
     "ago (default 1), as a server of several may; as ever where the history "
     "does not reach back."},
    {"expired-continue", S::kRequest, L::kLaterPage,
     "A later page of a list is answered 410 with a replacement token."},
    {"eof", S::kRequest, L::kWatch,
     "A watch is answered 200 and ends at once without an event."},
    {"late-headers", S::kRequest, L::kWatch,
     "A watch's headers are held back until its first event, as some proxies "
     "do."},
    {"silent", S::kRequest, L::kWatch,
     "A watch is answered 200 and nothing ever comes, no bookmarks either."},
    {"too-large-rv", S::kRequest, L::kNone,
     "504 with the cause ResourceVersionTooLarge; Retry-After as given, else "
     "1."},
    {"status-400", S::kRequest, L::kNone, "400 with a Status body."},
    {"status-405", S::kRequest, L::kNone,
     "405, as for a kind that has no such verb."},
    {"status-422", S::kRequest, L::kNone,
     "422 with a Status body, as for an option that is not supported."},
    {"status-429", S::kRequest, L::kNone,
     "429 with a plain text body; Retry-After as given."},
    {"status-500", S::kRequest, L::kNone,
     "500 with a Status body; Retry-After as given."},
    {"status-503", S::kRequest, L::kNone,
     "503 with a plain text body; Retry-After as given."},
    {"status-504", S::kRequest, L::kNone,
     "504 with a Status body; Retry-After as given."},
    {"shutting-down", S::kRequest, L::kNone,
     "429 with Retry-After 5 and Connection: close, as a server that stops."},
    {"unauthorized", S::kRequest, L::kNone, "401, whatever the token."},
    {"forbidden", S::kRequest, L::kNone, "403, whatever the user."},
    {"not-found", S::kRequest, L::kNone,
     "404 for a kind that is served, as right after a CRD's creation."},
    {"no-answer", S::kRequest, L::kNone,
     "The request is read and never answered; the connection stays."},
    {"html", S::kRequest, L::kNone,
     "200 with a login page as text/html, as proxies do."},
    {"empty-body", S::kRequest, L::kNone,
     "200 with a body of no bytes as application/json."},
    {"wrong-type", S::kRequest, L::kNone,
     "The right body with the Content-Type text/plain."},
    {"no-type", S::kRequest, L::kNone, "The right body without Content-Type."},
    {"protobuf", S::kRequest, L::kNone,
     "200 with a protobuf body and its Content-Type, asked for or not."},
    {"redirect", S::kRequest, L::kNone,
     "A redirect (302, or the code as given) to another host."},
    {"redirect-file", S::kRequest, L::kNone, "302 to file:///etc/passwd."},
    {"redirect-self", S::kRequest, L::kNone, "302 to the very same address."},
    {"gzip", S::kRequest, L::kNone,
     "The answer is gzipped if the client accepts it: lists of any size, "
     "watches with one gzip member a flush."},
    {"gzip-bomb", S::kRequest, L::kNone,
     "200 with a gzipped body, asked for or not, that expands 1000:1 to so "
     "many bytes (default 1 GiB)."},
    {"ignore-initial-events", S::kRequest, L::kWatch,
     "A watch with sendInitialEvents is served as one without."},
    // The wire.
    {"endless-header", S::kRequest, L::kNone,
     "One header line without an end, of so many bytes (default 1 GiB)."},
    {"many-headers", S::kRequest, L::kNone,
     "Header after header, of so many bytes in all (default 1 GiB)."},
    {"open-headers", S::kRequest, L::kNone,
     "The headers are never followed by a blank line; the connection stays."},
    {"interim-flood", S::kRequest, L::kNone,
     "100 Continue again and again, of so many bytes in all (default 1 GiB), "
     "before any answer."},
    {"no-http", S::kRequest, L::kNone,
     "An answer in another protocol than HTTP, then the connection ends."},
    // Pages of lists.
    {"continue-loop", S::kPage, L::kLaterPage,
     "A page gives the continue token that it was asked with again."},
    {"empty-page", S::kPage, L::kLaterPage,
     "A page without items, whose continue token goes on at the same place."},
    {"newer-page", S::kPage, L::kLaterPage,
     "A page has a greater resourceVersion than the first one had."},
    {"low-list-rv", S::kPage, L::kList,
     "The list's resourceVersion is 1, far below its items'."},
    {"bad-list-rv", S::kPage, L::kList,
     "The list's resourceVersion is no number."},
    {"zero-list-rv", S::kPage, L::kList, "The list's resourceVersion is 0."},
    {"no-list-rv", S::kPage, L::kList, "The list has no resourceVersion."},
    {"double-item", S::kPage, L::kList, "An item of a list is there twice."},
    {"broken-item", S::kPage, L::kList,
     "An item of a list is broken JSON inside balanced braces."},
    // Events and how they are sent; the first three also other bodies.
    {"cut", S::kFrame, L::kNone,
     "The connection ends after so many bytes of an event (or of a body, with "
     "verb list, get or discovery)."},
    {"half-open", S::kFrame, L::kNone,
     "After so many bytes of an event (or a body, as with cut) nothing more is "
     "sent; the socket stays open."},
    {"trickle", S::kFrame, L::kNone,
     "An event (or a body, as with cut) arrives byte by byte, with pauses."},
    {"wrong-chunk", S::kFrame, L::kNone,
     "An event in a chunk whose announced size is too small."},
    {"chunk-overflow", S::kFrame, L::kNone,
     "An event in a chunk whose announced size does not fit 64 bits."},
    {"no-newline", S::kFrame, L::kNone,
     "An event that is not followed by a newline."},
    {"object-first", S::kFrame, L::kNone,
     "An event whose object comes before its type."},
    {"endless-frame", S::kFrame, L::kNone,
     "An event with a string of so many bytes (default 1 GiB), without a "
     "newline."},
    {"oversize", S::kFrame, L::kNone,
     "An event padded to so many bytes (default 17 MiB)."},
    {"unparsable", S::kFrame, L::kNone,
     "An event whose JSON is broken inside balanced braces."},
    {"garbage", S::kFrame, L::kNone,
     "Bytes that are no JSON between two events."},
    {"nul-bytes", S::kFrame, L::kNone, "An event with NUL bytes in a string."},
    {"invalid-utf8", S::kFrame, L::kNone,
     "An event with a string that is not UTF-8."},
    {"lone-surrogate", S::kFrame, L::kNone,
     "An event with half a surrogate pair in a string."},
    {"huge-number", S::kFrame, L::kNone, "An event with the number 1e400."},
    {"duplicate-keys", S::kFrame, L::kNone,
     "An event whose object has a key twice."},
    {"deep-nesting", S::kFrame, L::kNone,
     "An event with so many nested arrays (default 10000)."},
    {"many-keys", S::kFrame, L::kNone,
     "An event whose object has so many keys (default 1000000)."},
    // Events and what they say.
    {"drop", S::kFrame, L::kNone,
     "An event is never sent; the stream goes on as if it had been."},
    {"duplicate", S::kFrame, L::kNone, "An event is sent twice."},
    {"other-body", S::kFrame, L::kNone,
     "An event is sent again with the same resourceVersion and another body."},
    {"added-twice", S::kFrame, L::kNone,
     "An event is sent as ADDED, two times."},
    {"reorder", S::kFrame, L::kNone,
     "An event is sent after the one that follows it."},
    {"null-deleted", S::kFrame, L::kDeletion,
     "A DELETED event whose object is null."},
    {"old-deleted", S::kFrame, L::kDeletion,
     "A DELETED event with the resourceVersion of the object's last state."},
    {"deleted-unknown", S::kFrame, L::kNone,
     "A DELETED event for a uid that never was, before an event."},
    {"modified-unknown", S::kFrame, L::kNone,
     "A MODIFIED event for a uid that never was, before an event."},
    {"bad-rv", S::kFrame, L::kNone,
     "An event whose resourceVersion is not a number."},
    {"empty-rv", S::kFrame, L::kNone, "An event without a resourceVersion."},
    {"low-rv", S::kFrame, L::kNone,
     "An event with a resourceVersion below the position."},
    {"huge-rv", S::kFrame, L::kNone,
     "An event with a resourceVersion of 40 digits."},
    {"unknown-type", S::kFrame, L::kNone,
     "An event of a type that does not exist."},
    {"error-event", S::kFrame, L::kNone,
     "An ERROR event with the given code (default 500) in place of an event, "
     "then EOF; the event comes with the next watch."},
    {"error-null", S::kFrame, L::kNone,
     "As error-event, without a Status object."},
    {"store-read-error", S::kFrame, L::kNone,
     "As error-event, with the reason StorageReadError, as for an object that "
     "the server cannot decode."},
    {"end", S::kFrame, L::kNone,
     "An orderly end of the stream before an event."},
    {"shared-rv-cut", S::kFrame, L::kSharedRv,
     "The connection ends between two events of one resourceVersion."},
    {"low-bookmark", S::kFrame, L::kNone,
     "A bookmark with an RV below the position, after an event."},
    {"high-bookmark", S::kFrame, L::kNone,
     "A bookmark far above everything, after an event."},
    {"bookmark-no-rv", S::kFrame, L::kNone,
     "A bookmark without a resourceVersion, after an event."},
    {"progress-first", S::kFrame, L::kNone,
     "A bookmark that covers an event comes before it (k3s)."},
    {"progress-lost", S::kFrame, L::kNone,
     "A bookmark that covers an event, then a cut; the event never comes."},
    {"no-bookmark", S::kBookmark, L::kNone,
     "A bookmark that is due is not sent."},
    // New connections.
    {"connect-close", S::kConnection, L::kNone,
     "A connection is accepted and closed at once."},
    {"connect-hang", S::kConnection, L::kNone,
     "A connection is accepted and nothing is ever read or sent; with TLS, a "
     "handshake that never ends."},
    {"tls-plain", S::kConnection, L::kTls,
     "The server talks HTTP without TLS on its TLS port."},
    {"tls-expired", S::kConnection, L::kTls,
     "The server's certificate has expired."},
    {"tls-not-yet-valid", S::kConnection, L::kTls,
     "The server's certificate is not valid yet."},
    {"tls-wrong-host", S::kConnection, L::kTls,
     "The server's certificate is for another host."},
    {"tls-unknown-ca", S::kConnection, L::kTls,
     "The server's certificate is of a CA that nobody knows."},
    {"tls-no-chain", S::kConnection, L::kTls,
     "The certificate between the server's and the CA's is not sent."},
    {"tls-self-signed", S::kConnection, L::kTls,
     "The server's certificate is signed by itself."},
    {"tls-sha1", S::kConnection, L::kTls,
     "The server's certificate is signed with SHA-1."},
    {"tls-old-version", S::kConnection, L::kTls,
     "The server speaks TLS 1.1 and nothing newer."},
    {"tls-refuse-client", S::kConnection, L::kTls,
     "The server ends the handshake over the client's certificate, or for want "
     "of one."},
    // The cluster.
    {"tls-rotate", S::kCluster, L::kTls,
     "The server has a new CA and certificate from now on; open connections "
     "stay."},
    {"rewind", S::kCluster, L::kNone,
     "The last revisions are undone and the counter goes back, as after a "
     "restore of etcd; all connections end."},
    {"restart", S::kCluster, L::kNone,
     "The server is gone for the delay, then back with empty windows."},
    {"freeze", S::kCluster, L::kNone,
     "For the delay nothing is answered or sent; the kernel still accepts."},
    {"cut-all", S::kCluster, L::kNone, "All connections are reset."},
    {"compact", S::kCluster, L::kNone,
     "Positions from before now are too old; open watches go on."},
    {"expire-continue-tokens", S::kCluster, L::kNone,
     "All continue tokens given out so far are expired."},
    {"expire-token", S::kCluster, L::kNone,
     "The bearer token stops working until a new one is set."},
    {"fail-group", S::kCluster, L::kNone,
     "An API group answers 503 and is stale in discovery, for the delay (0: "
     "for good)."},
    {"change-identity", S::kCluster, L::kNone,
     "kube-system has a new uid: another cluster in the same place."},
};

bool Allows(FaultLimit limit, const FaultPlace& place) {
  switch (limit) {
    case L::kNone:
    case L::kTls:
      return true;
    case L::kWatch:
      return place.verb == "watch";
    case L::kList:
      return place.verb == "list";
    case L::kFirstPage:
      return place.verb == "list" && !place.with_continue;
    case L::kLaterPage:
      return place.verb == "list" && place.with_continue;
    case L::kDeletion:
      return place.deletion;
    case L::kSharedRv:
      return place.shared_rv;
  }
  return true;
}

}  // namespace

bool Match(const std::string& pattern, const std::string& value) {
  return pattern == "*" || pattern == value;
}

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
         Match(fault.verb, place.verb) && Allows(waiting.kind->limit, place);
}

std::optional<Fault> FaultBook::ForRequest(const FaultPlace& place) {
  return Take([&](const Waiting& w) {
    return w.kind->scope == S::kRequest && Fits(w, place);
  });
}

std::optional<Fault> FaultBook::ForBody(const FaultPlace& place) {
  return Take([&](const Waiting& w) {
    const std::string& name = w.fault.name;
    return (name == "cut" || name == "half-open" || name == "trickle") &&
           w.fault.verb != "*" && w.fault.verb != "watch" && Fits(w, place);
  });
}

std::optional<Fault> FaultBook::ForPage(const FaultPlace& place) {
  return Take([&](const Waiting& w) {
    return w.kind->scope == S::kPage && Fits(w, place);
  });
}

std::optional<Fault> FaultBook::ForFrame(const FaultPlace& place) {
  return Take([&](const Waiting& w) {
    return w.kind->scope == S::kFrame && Fits(w, place);
  });
}

std::optional<Fault> FaultBook::ForBookmark(const FaultPlace& place) {
  return Take([&](const Waiting& w) {
    return w.kind->scope == S::kBookmark && Fits(w, place);
  });
}

std::optional<Fault> FaultBook::ForConnection(bool tls) {
  return Take([&](const Waiting& w) {
    return w.kind->scope == S::kConnection && (tls || w.kind->limit != L::kTls);
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
