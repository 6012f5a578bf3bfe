// StreamHarness: a Stream with everything round it in the test's hands.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "fakes/scripted_http.h"
#include "kube/observation.h"
#include "watch/stream.h"

namespace kubescribe::watch {

using kube::GapCause;
using kube::Observation;
using kube::StreamState;
using Kind = kube::Observation::Kind;

// Keeps what was offered.
class ListeningSink final : public ObservationSink {
 public:
  Room Offer(Observation observation) override {
    seen.push_back(std::move(observation));
    return full ? Room::kFull : Room::kMore;
  }
  std::vector<Observation> All(Kind kind) const {
    std::vector<Observation> out;
    for (const Observation& one : seen) {
      if (one.kind == kind) out.push_back(one);
    }
    return out;
  }
  std::size_t Count(Kind kind) const { return All(kind).size(); }
  // The last of the kind; an empty observation of another kind if none.
  Observation Last(Kind kind) const {
    const std::vector<Observation> all = All(kind);
    if (!all.empty()) return all.back();
    ADD_FAILURE() << "nothing of that kind was offered";
    return {};
  }

  bool full = false;
  std::vector<Observation> seen;
};

class QuietHost final : public StreamHost {
 public:
  void WhenReady(kube::StreamId, std::function<void()> fn) override { fn(); }
  void OnKindNotFound(kube::StreamId) override { ++not_found; }
  void OnFailing(kube::StreamId, const std::string& message, bool) override {
    failures.push_back(message);
  }
  void OnWorking(kube::StreamId) override { ++working; }

  int not_found = 0;
  int working = 0;
  std::vector<std::string> failures;
};

inline std::string Object(const std::string& rv, const std::string& name) {
  return fmt::format(
      R"({{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"{1}",)"
      R"("namespace":"ns","uid":"uid-{1}","resourceVersion":"{0}"}}}})",
      rv, name);
}
inline std::string Event(const std::string& type, const std::string& rv,
                         const std::string& name = "a") {
  return R"({"type":")" + type + R"(","object":)" + Object(rv, name) + "}\n";
}
inline std::string Bookmark(const std::string& rv) {
  return R"({"type":"BOOKMARK","object":{"kind":"Pod","apiVersion":"v1",)"
         R"("metadata":{"resourceVersion":")" +
         rv + "\",\"creationTimestamp\":null}}}\n";
}
inline std::string StatusBody(int code, const std::string& reason,
                              const std::string& details = "") {
  return fmt::format(
      R"({{"kind":"Status","apiVersion":"v1","metadata":{{}},)"
      R"("status":"Failure","message":"words","reason":"{}",{}"code":{}}})",
      reason, details.empty() ? "" : "\"details\":" + details + ",", code);
}
inline std::string ErrorEvent(int code, const std::string& reason,
                              const std::string& details = "") {
  return R"({"type":"ERROR","object":)" + StatusBody(code, reason, details) +
         "}\n";
}
// A list in the order of built-in kinds, or (crd) with metadata last.
inline std::string ListBody(const std::string& rv,
                            const std::vector<std::string>& items,
                            const std::string& token = "", bool crd = false) {
  std::string all;
  for (const std::string& item : items) {
    if (!all.empty()) all += ",";
    all += item;
  }
  const std::string meta =
      R"("metadata":{"resourceVersion":")" + rv + "\"" +
      (token.empty() ? "" : R"(,"continue":")" + token + "\"") + "}";
  if (crd) {
    return R"({"apiVersion":"v1","items":[)" + all + R"(],"kind":"PodList",)" +
           meta + "}\n";
  }
  return R"({"kind":"PodList","apiVersion":"v1",)" + meta + R"(,"items":[)" +
         all + "]}\n";
}

class StreamTest : public ::testing::Test {
 protected:
  StreamTest() {
    spec.resource.version = "v1";
    spec.resource.resource = "pods";
    spec.resource.kind = "Pod";
    spec.resource.namespaced = true;
    options.audit_interval = 0;
    options.list_jitter = 0;
    gate_options.qps = 1e6;
    gate_options.burst = 1e6;
  }

  void Events() {
    spec.resource.resource = "events";
    spec.resource.kind = "Event";
  }

  void Start(const StoredPosition& stored = {}) {
    gate = std::make_unique<ListGate>(gate_options, time);
    frames = std::make_unique<FrameBudget>(time, frame_limit);
    stream =
        std::make_unique<Stream>(spec, 7, stored, options,
                                 StreamEnv{http, time, random, sink, *gate,
                                           *frames, reader, host, full, "c"});
    stream->Start();
    time.Run();
  }
  void StartAt(const std::string& position) {
    StoredPosition stored;
    stored.position = position;
    stored.flowed_until = time.clock().Wall() - 100 * kSecond;
    Start(stored);
  }

  fakes::ScriptedTransfer& Probe() { return http.Open("?limit=1"); }
  fakes::ScriptedTransfer& List() { return http.Open("?limit=500"); }
  fakes::ScriptedTransfer& Watch() { return http.Open("watch=1"); }
  void Probed(const std::string& rv) { Probe().Json(ListBody(rv, {})); }
  void Listed(const std::string& rv,
              const std::vector<std::string>& items = {}) {
    List().Json(ListBody(rv, items));
  }
  // Accepts the watch; its socket is empty for a while.
  fakes::ScriptedTransfer& Opened() {
    fakes::ScriptedTransfer& watch = Watch();
    watch.Head();
    watch.Drained();
    time.Advance(options.settle);
    return watch;
  }
  // A stream that was listed at `rv` and flows.
  fakes::ScriptedTransfer& Flowing(const std::string& rv) {
    Start();
    Listed(rv);
    fakes::ScriptedTransfer& watch = Opened();
    EXPECT_EQ(sink.Count(Kind::kFlowing), 1U);
    return watch;
  }
  Micros Now() const { return time.clock().Wall(); }
  Observation Last(Kind kind) const { return sink.Last(kind); }
  StreamState state() const { return stream->state(); }

  StreamSpec spec;
  StreamOptions options;
  ListGateOptions gate_options;
  std::size_t frame_limit = std::size_t{64} << 20;
  fakes::ManualScheduler time;
  fakes::ScriptedHttp http{time};
  SeededRandom random{1};
  ListeningSink sink;
  QuietHost host;
  bool full = false;
  std::unique_ptr<ListGate> gate;
  std::unique_ptr<FrameBudget> frames;
  kube::EventReader reader;
  std::unique_ptr<Stream> stream;
};

}  // namespace kubescribe::watch
