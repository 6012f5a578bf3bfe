// A Recorder over a real file, with a clock that the test moves. Nothing runs
// in the background: Commit() is one Step.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "kube/observation.h"
#include "record/recorder.h"
#include "record/signing_key.h"
#include "store/disk_budget.h"
#include "store/reader.h"

namespace kubescribe::record {

class FakeClock final : public Clock {
 public:
  Micros Wall() const override { return wall; }
  Micros Mono() const override { return mono; }
  void Advance(Micros by) {
    wall += by;
    mono += by;
  }
  Micros wall = 1'700'000'000 * kSecond;
  Micros mono = 0;
};

class TempDir {
 public:
  TempDir() {
    std::string name =
        (std::filesystem::temp_directory_path() / "kubescribe-record-XXXXXX")
            .string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// An object's identity and state, to make observations from.
struct Thing {
  std::string uid = {};
  std::string rv = {};
  std::string name = "a";
  std::string value = "1";
  std::string extra_metadata = {};  // ,"creationTimestamp":"…"
};

inline std::string BodyOf(const Thing& thing) {
  return R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" +
         thing.name + R"(","namespace":"ns","uid":")" + thing.uid +
         R"(","resourceVersion":")" + thing.rv + "\"" + thing.extra_metadata +
         R"(},"data":{"v":")" + thing.value + R"("}})";
}

class RecorderTest : public ::testing::Test {
 protected:
  using Kind = kube::Observation::Kind;

  RecorderTest() { file = dir.path() + "/c.db"; }

  virtual Redactor MakeRedactor() {
    return Redactor(RedactionKey::FromBytes({1, 2, 3}), "c", {});
  }

  void Open() {
    RecorderOptions options;
    options.cluster = "c";
    options.path = file;
    options.store.cluster = "c";
    options.store.identity = "id";
    options.store.clock = &clock;
    options.store.random = &random;
    options.store.synchronous_full = synchronous;
    options.store.vfs = vfs;
    options.store.disk = disk;
    options.batch_wait = 0;
    options.store.signer = signing.key;
    options.store.old_signer = signing.old;
    options.checkpoint_every = checkpoint_every;
    options.sink_wait = sink_wait;
    Recorder::Callbacks callbacks;
    callbacks.on_checkpoint = on_checkpoint;
    callbacks.on_relist = [this](kube::StreamId stream, kube::GapCause cause) {
      relists.emplace_back(stream, cause);
    };
    callbacks.on_audited = [this](kube::StreamId, std::int64_t findings) {
      audits.push_back(findings);
    };
    callbacks.on_committed = [this](store::Seq seq) { committed = seq; };
    auto opened = Recorder::Open(options, MakeRedactor(), std::move(callbacks));
    ASSERT_TRUE(opened.ok()) << opened.error().message();
    recorder = std::move(*opened);
    const Status begun = recorder->Begin();
    ASSERT_TRUE(begun.ok()) << begun.error().message();
  }

  // As a kill: nothing is said, nothing is closed in order.
  void Crash() { recorder.reset(); }

  store::StreamRow AddStream(const std::string& resource = "configmaps") {
    spec.key.resource = resource;
    spec.kind = resource == "secrets" ? "Secret" : "ConfigMap";
    spec.namespaced = true;
    spec.api_version = "v1";
    auto row = recorder->AddStream(spec);
    EXPECT_TRUE(row.ok()) << row.error().message();
    stream = row->id;
    resource_id = row->resource_id;
    return *row;
  }

  kube::Observation Make(Kind kind) const {
    kube::Observation seen;
    seen.kind = kind;
    seen.stream = stream;
    seen.received_at = clock.wall;
    return seen;
  }

  kube::Observation About(Kind kind, const Thing& thing) const {
    kube::Observation seen = Make(kind);
    seen.head.uid = thing.uid;
    seen.head.name = thing.name;
    seen.head.name_space = "ns";
    seen.head.resource_version = thing.rv;
    seen.body = BodyOf(thing);
    return seen;
  }

  void Offer(kube::Observation seen) { recorder->Offer(std::move(seen)); }

  void OfferEvent(kube::WatchType type, const Thing& thing, bool flowing = true,
                  std::optional<Micros> not_before = std::nullopt) {
    kube::Observation seen = About(Kind::kEvent, thing);
    seen.type = type;
    seen.flowing = flowing;
    seen.not_before = not_before;
    Offer(std::move(seen));
  }

  void OfferListBegin(kube::GapCause cause,
                      std::optional<Micros> not_before = std::nullopt,
                      bool new_epoch = false) {
    kube::Observation seen = Make(Kind::kListBegin);
    seen.cause = cause;
    seen.not_before = not_before;
    seen.new_epoch = new_epoch;
    Offer(std::move(seen));
  }

  void OfferItem(const Thing& thing, const std::string& list_rv,
                 Kind kind = Kind::kListItem) {
    kube::Observation seen = About(kind, thing);
    seen.rv = list_rv;
    Offer(std::move(seen));
  }

  void OfferRv(Kind kind, const std::string& rv) {
    kube::Observation seen = Make(kind);
    seen.rv = rv;
    Offer(std::move(seen));
  }

  // A first list of `things` at `rv`, then the stream flows.
  void ListAndFlow(const std::vector<Thing>& things, const std::string& rv) {
    OfferListBegin(kube::GapCause::kStart);
    for (const Thing& thing : things) OfferItem(thing, rv);
    OfferRv(Kind::kListEnd, rv);
    Commit();
    clock.Advance(kSecond);
    Offer(Make(Kind::kFlowing));
    Commit();
    clock.Advance(kSecond);
  }

  void Audit(const std::vector<Thing>& things, const std::string& rv) {
    Offer(Make(Kind::kAuditBegin));
    Commit();
    clock.Advance(kSecond);
    for (const Thing& thing : things) {
      OfferItem(thing, rv, Kind::kAuditItem);
    }
    OfferRv(Kind::kAuditEnd, rv);
    OfferRv(Kind::kAuditReached, rv);
    Commit();
    clock.Advance(kSecond);
  }

  // Commits all that was offered.
  void Commit() {
    std::size_t last = 0;
    do {
      last = recorder->Step(0);
    } while (recorder->stats().queue_items != 0);
    static_cast<void>(last);
  }

  std::unique_ptr<store::Reader> Read() const {
    auto reader = store::Reader::Open(file);
    EXPECT_TRUE(reader.ok()) << reader.error().message();
    return std::move(*reader);
  }

  std::vector<store::Revision> History() const {
    store::ObjectFilter filter;
    filter.resource_id = resource_id;
    auto found = Read()->History(filter, 0, 100000);
    EXPECT_TRUE(found.ok()) << found.error().message();
    return *found;
  }

  std::vector<store::GapRow> Gaps() const {
    auto found = Read()->Gaps(stream);
    EXPECT_TRUE(found.ok()) << found.error().message();
    return *found;
  }

  store::StreamRow Row() const {
    auto rows = Read()->Streams();
    EXPECT_TRUE(rows.ok()) << rows.error().message();
    for (const store::StreamRow& row : *rows) {
      if (row.id == stream) return row;
    }
    ADD_FAILURE() << "no such stream";
    return {};
  }

  // "Added 5" or, for what was found, "Listed 5 (list)"; late ones in brackets.
  std::vector<std::string> Story() const {
    std::vector<std::string> lines;
    for (const store::Revision& revision : History()) {
      std::string line(store::EventName(revision.event));
      line += " " + revision.uid;
      if (!revision.rv.empty()) line += "@" + revision.rv;
      if (revision.source != store::Source::kWatch) {
        line += " (" + std::string(store::SourceName(revision.source)) + ")";
      }
      lines.push_back(revision.late ? "[" + line + "]" : line);
    }
    return lines;
  }

  std::vector<store::Record> Records(const std::string& kind) const {
    auto batch = Read()->Records(0, 1'000'000, 100000);
    EXPECT_TRUE(batch.ok()) << batch.error().message();
    std::vector<store::Record> out;
    for (const store::Record& record : batch->records) {
      if (record.kind == kind) out.push_back(record);
    }
    return out;
  }

  FakeClock clock;
  SeededRandom random{7};
  TempDir dir;
  std::string file;
  std::string vfs;                          // of SQLite; "": the default
  std::shared_ptr<store::DiskBudget> disk;  // null: not counted
  SigningKeys signing;                      // none: nothing is signed
  Micros checkpoint_every = kMinute;
  Micros sink_wait = kMinute;
  std::function<Status(const std::string&)> on_checkpoint;
  bool synchronous = false;  // quicker without
  std::unique_ptr<Recorder> recorder;
  StreamSpec spec;
  kube::StreamId stream = 0;
  std::int64_t resource_id = 0;
  std::vector<std::pair<kube::StreamId, kube::GapCause>> relists;
  std::vector<std::int64_t> audits;
  store::Seq committed = 0;
};

}  // namespace kubescribe::record
