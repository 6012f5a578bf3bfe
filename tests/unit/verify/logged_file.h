// A file with a log for the tests of verify: random lives, gaps, epochs, steps
// of the clock, signed checkpoints on the way and at the end.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "codec/ed25519.h"
#include "kube/discovery.h"
#include "store/db.h"
#include "store/log_tree.h"
#include "store/log_writer.h"
#include "store/rows.h"
#include "unit/store/store_fixture.h"
#include "verify/verify.h"

namespace kubescribe::verify {

inline std::shared_ptr<const codec::Ed25519Key> KeyFrom(std::uint8_t seed) {
  std::array<std::uint8_t, 32> bytes{};
  bytes.fill(seed);
  return codec::Ed25519Key::FromSeed(bytes);
}

// The leaves' hashes by seq, as the log has them.
inline std::map<store::Seq, store::LogHash> HashesOf(const std::string& path) {
  store::Db db(path, SQLite::OPEN_READONLY, 0, "");
  store::LeafHashes log(db);
  std::map<store::Seq, store::LogHash> hashes;
  for (store::Seq seq = 1; seq <= log.Size(); ++seq) {
    hashes[seq] = log.Of(seq).value_or(store::LogHash{});
  }
  return hashes;
}

// Leaves and tiles as the rows give them now; what is missing keeps its hash.
inline void Relog(const std::string& path,
                  const std::map<store::Seq, store::LogHash>& hashes) {
  store::Db db(path, SQLite::OPEN_READWRITE, 0, "");
  db.Exec("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY");
  db.Exec("DELETE FROM tile");
  store::FileInfo info = store::ReadInfo(db);
  store::LogWriter log(db, info, {});
  for (const auto& [seq, hash] : hashes) {
    if (seq > info.last_seq) break;
    const auto is_in = [&, at = seq](const char* rows) {
      return store::Query(db, rows).Bind(at).Step();
    };
    if (is_in("SELECT 1 FROM revision WHERE seq = ?") ||
        is_in("SELECT 1 FROM record WHERE seq = ?")) {
      continue;
    }
    log.CatchUp(seq - 1);
    log.AddHash(hash);
  }
  log.CatchUp(info.last_seq);
  log.Put();
}

class LoggedFileTest : public store::StoreTest {
 protected:
  // Writes transactions until the file has `records` records, a checkpoint
  // signed after every tenth; answers the last one.
  std::string Write(std::uint64_t seed, store::Seq records) {
    SeededRandom random(seed);
    options_.signer = KeyFrom(1);
    options_.synchronous_full = false;  // faster; no power is lost here
    auto writer = MustOpen();
    int transactions = 0;
    while (writer->last_seq() < records) {
      clock_.Advance(static_cast<Micros>(random.Below(3'000'000)));
      if (random.Below(40) == 0 && clock_steps_) clock_.wall -= 2 * kMinute;
      const bool first = writer->last_seq() == 0;
      const Status done = writer->Transact([&](store::Transaction& tx) {
        if (first) {
          tx.AppendRecord("discovery", 0, "{}", Served());
          tx.AppendRecord("start", 0,
                          R"({"cluster":"test","identity":"uid-1"})");
        }
        for (std::uint64_t e = 0; e <= random.Below(9); ++e) {
          Lives(tx, random);
        }
        Others(tx, random);
      });
      EXPECT_TRUE(done.ok()) << done.error().message();
      if (++transactions % 10 == 0) {
        EXPECT_TRUE(writer->SignCheckpoint().ok());
      }
      if (!done.ok()) break;
    }
    return Close(*writer);
  }

  // Whether Write's clock is set back now and then.
  bool clock_steps_ = true;

  // One more pod, covered by the position.
  static void Put(store::Transaction& tx, const std::string& rv) {
    PutPod(tx, "new", rv);
    store::StreamRow stream = PodStream(tx);
    stream.position = rv;
    tx.PutStream(stream);
  }

  // The newest checkpoint of the file, which is closed by it.
  static std::string Close(store::Writer& writer) {
    const std::string path = writer.info().path;
    EXPECT_TRUE(writer.CloseCleanly().ok());
    const auto reader = store::Reader::Open(path);
    EXPECT_TRUE(reader.ok());
    const auto newest = (*reader)->NewestCheckpoint();
    EXPECT_TRUE(newest.ok() && *newest);
    return (*newest)->note;
  }

  static Report MustVerify(const std::string& path, const Options& options) {
    auto report = Verify(path, options);
    if (!report.ok()) {
      ADD_FAILURE() << report.error().message();
      return {};
    }
    return *std::move(report);
  }

  // Prunes the file by these wishes; answers the newest checkpoint then.
  std::string Prune(const std::vector<store::PruneWish>& wishes) {
    auto writer = MustOpen();
    for (const store::PruneWish& wish : wishes) {
      const auto job = writer->StartPrune(wish);
      EXPECT_TRUE(job.ok()) << job.error().message();
      while (writer->pruning()) {
        const Status done = writer->StepPrune();
        EXPECT_TRUE(done.ok()) << done.error().message();
        if (!done.ok()) return "";
      }
    }
    EXPECT_GT(writer->prune_progress().revisions, 0);
    return Close(*writer);
  }

  // When the record was written that has this part of all.
  Micros TimeAt(double part) const {
    store::Db db(path_, SQLite::OPEN_READONLY, 0, "");
    const auto seq = static_cast<store::Seq>(
        part * static_cast<double>(db.Int("SELECT last_seq FROM meta")));
    store::Query row(db,
                     "SELECT recorded_at FROM revision WHERE seq >= ? "
                     "ORDER BY seq LIMIT 1");
    return row.Bind(seq).Step() ? row.Int(0) : 0;
  }

  store::PruneWish Before(double part) const {
    store::PruneWish wish;
    wish.before = TimeAt(part);
    return wish;
  }
  static store::PruneWish Keep(std::int64_t revisions) {
    store::PruneWish wish;
    wish.keep = revisions;
    return wish;
  }

  // What a report found, one a line.
  static std::string Told(const Report& report) {
    std::string text;
    for (const Finding& finding : report.findings) {
      text += std::to_string(finding.seq) + ": " + finding.what + "\n";
    }
    for (const std::string& why : report.undecided) text += why + "\n";
    return text;
  }

 private:
  static std::string Served() {
    kube::Discovery served;
    served.preferred[""] = "v1";
    for (const char* resource : {"pods", "events", "nodes"}) {
      kube::ResourceInfo info;
      info.version = "v1";
      info.resource = resource;
      info.kind = KindOf(resource);
      info.namespaced = resource != std::string("nodes");
      served.resources.push_back(info);
    }
    return served.ToJson();
  }

  // As the fixture of store has it.
  static std::string KindOf(const std::string& resource) {
    return resource == "pods" ? "Pod" : resource;
  }

  static store::StreamRow Stream(store::Transaction& tx,
                                 const std::string& kind) {
    return tx.EnsureStream(
        {"", kind, "", "", ""},
        tx.EnsureResource("", kind, KindOf(kind), kind != "nodes"));
  }

  void Lives(store::Transaction& tx, SeededRandom& random) {
    using store::Event;
    static constexpr const char* kKinds[] = {"pods", "events", "nodes"};
    static constexpr Event kEvents[] = {Event::kModified, Event::kModified,
                                        Event::kAdded,    Event::kDeleted,
                                        Event::kVanished, Event::kLeft};
    const std::uint64_t number = random.Below(40);
    const std::string kind = kKinds[number % 3];
    store::StreamRow stream = Stream(tx, kind);
    store::ObjectRow object;
    object.resource_id = stream.resource_id;
    object.stream_id = stream.id;
    object.uid = "uid" + std::to_string(number);
    if (kind != "nodes") object.name_space = "ns" + std::to_string(number % 5);
    object.name = "name" + std::to_string(number % 7);
    const auto known = tx.FindObject(object.resource_id, object.uid);
    store::NewRevision next;
    next.object_id = known ? known->id : tx.AddObject(object);
    next.stream_id = stream.id;
    next.epoch = stream.epoch;
    next.event = kEvents[random.Below(6)];
    next.rv = std::to_string(++rv_);
    next.api_version = "v1";
    next.late = random.Below(12) == 0;
    next.changed_at = tx.recorded_at();
    next.not_before = tx.recorded_at();
    if (random.Below(3) == 0) {
      next.not_before =
          tx.recorded_at() - static_cast<Micros>(random.Below(9'000'000));
      next.changed_at = *next.not_before;
      next.source = store::Source::kList;
      next.list_rv = next.rv;
    }
    if (random.Below(20) == 0) next.not_before.reset();
    const std::string body = R"({"kind":"Pod","metadata":{"name":")" +
                             object.name + R"(","resourceVersion":")" +
                             next.rv + R"("},"n":")" +
                             std::string(random.Below(900), 'x') + R"("})";
    if (next.event != Event::kVanished) next.body = body;
    tx.AppendRevision(next);
    stream.position = next.rv;
    stream.state = "watching";
    tx.PutStream(stream);
  }

  static void Others(store::Transaction& tx, SeededRandom& random) {
    const std::int64_t pods = Stream(tx, "pods").id;
    switch (random.Below(12)) {
      case 0: {
        store::GapRow gap;
        gap.stream_id = pods;
        gap.cause = "gone";
        gap.from_rv = "7";
        gap.to_rv = "9";
        if (random.Below(2) == 0) gap.from_at = tx.recorded_at() - kSecond;
        gap.vanished = 3;
        tx.AppendGap(gap);
        break;
      }
      case 1:
        tx.AppendEpoch(pods, "rewind");
        break;
      case 2:
        tx.AppendRecord("audit", pods, R"({"found":0})");
        break;
      default:
        break;
    }
  }

  std::int64_t rv_ = 100;
};

}  // namespace kubescribe::verify
