#include "integration/fault_table.h"

#include <utility>

namespace kubescribe::integration {
namespace {

using fakes::Fault;

// The builders of a row. All faults hit configmaps unless they say otherwise.
FaultRow Row(std::string name, Fault fault, Meeting meeting) {
  FaultRow row;
  row.name = std::move(name);
  row.fault = std::move(fault);
  if (row.fault.resource == "*") row.fault.resource = "configmaps";
  row.meeting = meeting;
  return row;
}
// An event of an open watch, some events from now.
FaultRow Stream(Fault fault) {
  fault.verb = "watch";
  if (fault.skip == 0) fault.skip = 3;
  const std::string name = fault.name;
  return Row(name, std::move(fault), Meeting::kStream);
}
// The very next one that it fits.
FaultRow Next(Fault fault) {
  FaultRow row = Stream(std::move(fault));
  row.fault.skip = 0;
  return row;
}
FaultRow Request(Fault fault) {
  const std::string name = fault.name;
  return Row(name, std::move(fault), Meeting::kRequest);
}
FaultRow Start(Fault fault) {
  const std::string name = fault.name;
  return Row(name, std::move(fault), Meeting::kStart);
}
FaultRow Cluster(Fault fault) {
  const std::string name = fault.name;
  return Row(name, std::move(fault), Meeting::kStream);
}
// `says`: the reason that the log has.
FaultRow Connection(const std::string& name, std::string says) {
  FaultRow row = Row(name, {.name = name, .count = 3}, Meeting::kRequest);
  row.tls = true;
  row.says = std::move(says);
  return row;
}
FaultRow Elsewhere(const std::string& fault, std::string test) {
  FaultRow row = Row(fault, {.name = fault}, Meeting::kElsewhere);
  row.test = std::move(test);
  return row;
}

FaultRow Named(std::string name, FaultRow row) {
  row.name = std::move(name);
  return row;
}
FaultRow Gap(std::string cause, FaultRow row) {
  row.gap = Expect::kGap;
  row.cause = std::move(cause);
  return row;
}
FaultRow PerhapsGap(std::string cause, FaultRow row) {
  row.gap = Expect::kPerhaps;
  row.cause = std::move(cause);
  return row;
}
FaultRow Tls(FaultRow row) {
  row.tls = true;
  return row;
}

FaultRow RetryAfter(std::string name, const std::string& header) {
  return Named(
      std::move(name),
      Request({.name = "status-429", .count = 2, .retry_after = header}));
}

}  // namespace

void PrintTo(const FaultRow& row, std::ostream* out) { *out << row.name; }

const std::vector<FaultRow>& FaultTable() {
  static const std::vector<FaultRow> rows = {
      // Answers.
      Gap("gone", Request({.name = "gone-connect"})),
      Gap("gone", Request({.name = "gone-event"})),
      Gap("gone", Request({.name = "gone-old-reason"})),
      Named("gone-200-times",
            Elsewhere("gone-connect", "FaultTimeTest.StormOf410IsMetSlowly")),
      Start({.name = "gone-list"}),
      Start({.name = "stale-list", .revisions = 3}),
      Start({.name = "expired-continue"}),
      Request({.name = "eof"}),
      Request({.name = "late-headers"}),
      Elsewhere("silent",
                "FaultTimeTest.WatchThatSaysNothingIsFoundAndLosesNothing"),
      Request({.name = "too-large-rv", .count = 2}),
      Request({.name = "status-400", .verb = "watch"}),
      // A position that is refused twice is never taken.
      Named("status-400-twice",
            Gap("gone",
                Request({.name = "status-400", .verb = "watch", .count = 2}))),
      // It is listed now and then.
      Gap("unavailable", Request({.name = "status-405", .verb = "watch"})),
      Request({.name = "status-422", .verb = "watch"}),
      RetryAfter("status-429", ""),
      RetryAfter("retry-after-1", "1"),
      RetryAfter("retry-after-0", "0"),
      RetryAfter("retry-after-negative", "-7"),
      RetryAfter("retry-after-date", "Wed, 21 Oct 2015 07:28:00 GMT"),
      Named("retry-after-1000000000",
            Elsewhere("status-429",
                      "FaultTimeTest.NonsenseOfRetryAfterIsNotWaitedOut")),
      Request({.name = "status-500", .count = 3}),
      Request({.name = "status-503", .count = 2, .retry_after = "1"}),
      Request({.name = "status-504", .count = 3}),
      Request({.name = "shutting-down"}),
      Request({.name = "unauthorized", .count = 2}),
      Request({.name = "forbidden", .count = 2}),
      Request({.name = "not-found", .count = 2}),
      Elsewhere("no-answer",
                "VirtualTest.AnswerThatNeverComesIsGivenUpAndAskedForAgain"),
      Request({.name = "html", .count = 2}),
      Request({.name = "empty-body", .count = 2}),
      Request({.name = "wrong-type", .count = 2}),
      Request({.name = "no-type", .count = 2}),
      Request({.name = "protobuf", .count = 2}),
      Tls(Request({.name = "redirect", .count = 2})),
      Named("redirect-301",
            Tls(Request({.name = "redirect", .count = 2, .code = 301}))),
      Named(
          "redirect-307",
          Tls(Request(
              {.name = "redirect", .verb = "watch", .count = 2, .code = 307}))),
      Request({.name = "redirect-file", .count = 2}),
      Request({.name = "redirect-self", .count = 2}),
      Request({.name = "gzip", .count = 5}),
      Request({.name = "gzip-bomb", .verb = "watch"}),
      Named("gzip-bomb-list", Start({.name = "gzip-bomb", .verb = "list"})),
      Request({.name = "ignore-initial-events"}),
      // The wire.
      Request({.name = "endless-header", .verb = "watch"}),
      Named("endless-header-of-list",
            Start({.name = "endless-header", .verb = "list"})),
      Request({.name = "many-headers", .verb = "watch"}),
      Elsewhere("open-headers", "FaultTimeTest.HeadersThatNeverEndAreGivenUp"),
      Request({.name = "interim-flood", .verb = "watch"}),
      Request({.name = "no-http", .count = 2}),
      // Pages.
      Start({.name = "continue-loop"}),
      Start({.name = "empty-page", .count = 3}),
      Start({.name = "newer-page"}),
      // Its watch starts where the server has no history.
      PerhapsGap("gone", Start({.name = "low-list-rv", .count = 4})),
      PerhapsGap("gone", Start({.name = "bad-list-rv", .count = 4})),
      Start({.name = "zero-list-rv"}),
      Start({.name = "no-list-rv"}),
      Start({.name = "double-item"}),
      Gap("parse", Start({.name = "broken-item"})),
      // Events on the wire.
      Stream({.name = "cut", .count = 3}),
      Named("cut-inside", Stream({.name = "cut", .count = 3, .bytes = 40})),
      Named("reset-inside",
            Stream({.name = "cut", .count = 3, .bytes = 40, .reset = true})),
      Named("cut-of-list",
            Start({.name = "cut", .verb = "list", .bytes = 300})),
      Elsewhere("half-open", "VirtualTest.HalfOpenWatchIsFoundAndLosesNothing"),
      Stream({.name = "trickle", .delay = kMillisecond}),
      Named("trickle-of-list",
            Start({.name = "trickle", .verb = "list", .delay = 500})),
      Stream({.name = "wrong-chunk"}),
      Stream({.name = "chunk-overflow"}),
      Stream({.name = "no-newline", .count = 5}),
      Stream({.name = "object-first", .count = 5}),
      Gap("oversize", Stream({.name = "endless-frame"})),
      Gap("oversize", Stream({.name = "oversize"})),
      Gap("parse", Stream({.name = "unparsable"})),
      PerhapsGap("parse", Stream({.name = "garbage"})),
      Gap("parse", Stream({.name = "nul-bytes"})),
      Gap("parse", Stream({.name = "invalid-utf8"})),
      Gap("parse", Stream({.name = "lone-surrogate"})),
      Gap("parse", Stream({.name = "huge-number"})),
      Stream({.name = "duplicate-keys"}),
      Stream({.name = "deep-nesting"}),
      Stream({.name = "many-keys"}),
      // What events say.
      Stream({.name = "drop"}),
      Named("drop-found",
            Elsewhere("drop", "FaultTimeTest.AuditFindsWhatNobodyCouldSee")),
      Stream({.name = "duplicate", .count = 3}),
      Stream({.name = "other-body", .count = 3}),
      Stream({.name = "added-twice", .count = 3}),
      Stream({.name = "reorder"}),
      PerhapsGap("parse",
                 Elsewhere("null-deleted",
                           "FaultTimeTest.AuditFindsWhatNobodyCouldSee")),
      Next({.name = "old-deleted"}),
      Stream({.name = "deleted-unknown"}),
      Stream({.name = "modified-unknown"}),
      Gap("parse", Stream({.name = "bad-rv"})),
      Gap("parse", Stream({.name = "empty-rv"})),
      Stream({.name = "low-rv"}),
      // The position is then one that the server never had.
      Gap("rewind", Stream({.name = "huge-rv"})),
      Gap("parse", Stream({.name = "unknown-type"})),
      Stream({.name = "error-event"}),
      Named("error-event-504", Stream({.name = "error-event", .code = 504})),
      Stream({.name = "error-null"}),
      Gap("parse", Stream({.name = "store-read-error"})),
      // Ends without an event look like a position that is too old
      // (k/k#104171): the second one in a row asks for a list.
      PerhapsGap("gone", Stream({.name = "end", .count = 3})),
      Stream({.name = "shared-rv-cut", .resource = "events"}),
      Stream({.name = "low-bookmark", .count = 3}),
      Gap("rewind", Stream({.name = "high-bookmark"})),
      Stream({.name = "bookmark-no-rv", .count = 3}),
      Stream({.name = "progress-first", .count = 3}),
      Stream({.name = "progress-lost"}),
      Cluster({.name = "no-bookmark", .count = 3}),
      // Connections.
      Connection("connect-close", ""),
      Named("connect-hang", Tls(Request({.name = "connect-hang", .count = 1}))),
      Connection("tls-plain", ""),
      Connection("tls-expired", "expired"),
      Connection("tls-not-yet-valid", "not yet valid"),
      Connection("tls-wrong-host", "127.0.0.1"),
      Connection("tls-unknown-ca", "unable to get local issuer"),
      Connection("tls-no-chain", "unable to get local issuer"),
      Connection("tls-self-signed", "self-signed"),
      Connection("tls-sha1", "too weak"),
      Connection("tls-old-version", "protocol version"),
      Connection("tls-refuse-client", "certificate required"),
      Elsewhere("tls-rotate", "FaultTest.NewCaInItsFileIsTrusted"),
      // The cluster.
      Gap("rewind",
          Elsewhere("rewind",
                    "FaultTimeTest.RewindIsAGapAndTheRecordGoesOnBehindIt")),
      PerhapsGap("gone",
                 Cluster({.name = "restart", .delay = 300 * kMillisecond})),
      Cluster({.name = "freeze", .delay = kSecond}),
      Cluster({.name = "cut-all", .skip = 10, .count = 3}),
      // A watch that was not open yet came too late.
      PerhapsGap("gone", Cluster({.name = "compact"})),
      Cluster({.name = "expire-continue-tokens"}),
      Elsewhere("expire-token", "WireTest.TokenThatIsReplacedIsReadAgain"),
      Cluster(
          {.name = "fail-group", .delay = 500 * kMillisecond, .group = "apps"}),
      Elsewhere(
          "change-identity",
          "VirtualTest.ClusterThatShowsItselfLaterIsKnownByThatFromThenOn"),
  };
  return rows;
}

}  // namespace kubescribe::integration
