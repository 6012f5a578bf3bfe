// What the tests of pruning share: random lives with bodies that are deltas,
// and the comparison of a pruned file with what it was before.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "random_lives.h"
#include "store/db.h"
#include "store/file_check.h"

namespace kubescribe::store {

class PrunedLivesTest : public StoreTest {
 protected:
  static constexpr int kUids = 60;

  // Lives of all kinds: short ones, such as leave and come back, late
  // revisions, stubs, states without a body, several discoveries.
  void Generate(std::uint64_t seed, int transactions) {
    SeededRandom random(seed);
    options_.synchronous_full = false;  // faster; no power is lost here
    auto writer = MustOpen();
    std::int64_t rv = 1000;
    for (int t = 0; t < transactions; ++t) {
      clock_.Advance(static_cast<Micros>(random.Below(3'000'000)));
      const Status done = writer->Transact([&](Transaction& tx) {
        if (t % 50 == 0) {
          tx.AppendRecord("discovery", 0, "{}",
                          R"({"discovery":)" + std::to_string(t) + "}");
        }
        for (std::uint64_t e = 0; e <= random.Below(6); ++e) {
          Write(tx, random, ++rv);
        }
      });
      ASSERT_TRUE(done.ok()) << done.error().message();
    }
    last_rv_ = rv;
    ASSERT_TRUE(writer->CloseCleanly().ok());
  }

  static std::string BodyOf(const std::string& uid, std::int64_t rv) {
    return R"({"kind":"Pod","metadata":{"name":"pod-)" + uid + R"(","uid":")" +
           uid + R"(","resourceVersion":")" + std::to_string(rv) +
           R"("},"spec":{"image":"registry.example/team/)" + uid +
           R"("},"status":{"n":)" + std::to_string(rv * rv) + "}}";
  }

  // Runs a prune to its end; answers it.
  PruneProgress Prune(Writer& writer, const PruneWish& wish) {
    const auto job = writer.StartPrune(wish);
    EXPECT_TRUE(job.ok()) << job.error().message();
    RunPrune(writer);
    EXPECT_EQ(writer.prune_progress().job, job.ok() ? *job : -1);
    return writer.prune_progress();
  }
  static void RunPrune(Writer& writer) {
    while (writer.pruning()) {
      const Status done = writer.StepPrune();
      ASSERT_TRUE(done.ok()) << done.error().message();
    }
  }

  // All that a file should be whatever was pruned of it.
  static void ExpectWhole(const std::string& path) {
    Db db(path, SQLite::OPEN_READONLY, 0, "");
    EXPECT_TRUE(CheckStructure(db, path, true).ok());
    const Status sequence = CheckSequence(db, path, true);
    EXPECT_TRUE(sequence.ok()) << sequence.error().message();
    EXPECT_EQ(db.Int("SELECT count(*) FROM body b WHERE b.base IS NOT NULL AND "
                     "NOT EXISTS (SELECT 1 FROM body c "
                     "WHERE c.seq = b.base_seq)"),
              0);
    EXPECT_EQ(db.Int("SELECT count(*) FROM body b WHERE b.dictionary NOT IN "
                     "(SELECT id FROM dictionary)"),
              0);
    EXPECT_EQ(db.Int("SELECT count(*) FROM body b WHERE b.seq NOT IN "
                     "(SELECT seq FROM revision) AND b.seq NOT IN "
                     "(SELECT seq FROM record)"),
              0);
    EXPECT_EQ(db.Int("SELECT count(*) FROM object o WHERE NOT EXISTS "
                     "(SELECT 1 FROM revision v WHERE v.object_id = o.id)"),
              0);
    EXPECT_EQ(Derived(path), NaiveDerived(path));
  }

  static std::vector<std::string> Lines(
      const Result<std::vector<Revision>>& rows) {
    std::vector<std::string> lines;
    if (!rows.ok()) {
      ADD_FAILURE() << rows.error().message();
      return lines;
    }
    for (const Revision& r : *rows) {
      lines.push_back(std::to_string(r.seq) + " " + r.uid + " " + r.rv + " " +
                      std::string(EventName(r.event)) + " " +
                      std::to_string(r.changed_at));
    }
    return lines;
  }

  ObjectFilter RandomFilter(SeededRandom& random) const {
    ObjectFilter filter;
    filter.resource_id = static_cast<std::int64_t>(random.Below(4));
    if (random.Below(2) == 0) {
      filter.name_space = "ns" + std::to_string(random.Below(6));
    }
    if (random.Below(4) == 0) {
      filter.uid = "uid" + std::to_string(random.Below(kUids));
    }
    return filter;
  }

  // Every body that is left reads as before.
  void ExpectBodies(Reader& whole, Reader& pruned) {
    for (const Revision& r : AllRevisions(pruned)) {
      const auto expected = whole.Body(r.seq);
      const auto got = pruned.Body(r.seq);
      ASSERT_TRUE(expected.ok()) << expected.error().message();
      ASSERT_TRUE(got.ok()) << got.error().message();
      ASSERT_EQ(*got, *expected) << r.seq;
    }
  }

  // Random questions about what `concerns` says the prune left alone, put to
  // the file of before and of after.
  void ExpectTheSameFrom(Reader& whole, Reader& pruned, Micros at, Seq seq,
                         std::uint64_t seed) {
    SeededRandom random(seed);
    const Micros end = whole.info().known_until;
    const Seq last = whole.info().last_seq;
    for (int i = 0; i < 150; ++i) {
      const ObjectFilter filter = RandomFilter(random);
      AsOf as_of;
      as_of.at =
          at + static_cast<Micros>(random.Below(static_cast<std::uint64_t>(
                   std::max<Micros>(end - at, 1) + kSecond)));
      if (i % 10 == 0) as_of.at = at;
      EXPECT_EQ(Lines(pruned.StateAt(filter, as_of)),
                Lines(whole.StateAt(filter, as_of)));
      EXPECT_EQ(
          Lines(pruned.Changes(filter, as_of.at,
                               std::numeric_limits<Micros>::max(), 0, 100000)),
          Lines(whole.Changes(filter, as_of.at,
                              std::numeric_limits<Micros>::max(), 0, 100000)));
      as_of.seq =
          seq + static_cast<Seq>(random.Below(
                    static_cast<std::uint64_t>(std::max<Seq>(last - seq, 1))));
      if (i % 10 == 1) as_of.seq = seq;
      EXPECT_EQ(Lines(pruned.StateAt(filter, as_of)),
                Lines(whole.StateAt(filter, as_of)));
      EXPECT_EQ(Lines(pruned.History(filter, *as_of.seq, 100000)),
                Lines(whole.History(filter, *as_of.seq, 100000)));
      const auto discovery = pruned.Discovery(as_of);
      const auto expected = whole.Discovery(as_of);
      ASSERT_TRUE(discovery.ok() && expected.ok());
      EXPECT_EQ(*discovery, *expected);
    }
    // Of the records from the cut on, all are there.
    const auto after = pruned.Records(seq, last, 1'000'000);
    const auto before = whole.Records(seq, last, 1'000'000);
    ASSERT_TRUE(after.ok() && before.ok());
    std::vector<Seq> kept, there;
    for (const auto& r : after->revisions) kept.push_back(r.seq);
    for (const auto& r : before->revisions) there.push_back(r.seq);
    EXPECT_EQ(kept, there);
    EXPECT_EQ(after->records.size(), before->records.size());
  }

  std::int64_t last_rv_ = 0;

 private:
  void Write(Transaction& tx, SeededRandom& random, std::int64_t rv) {
    static constexpr const char* kKinds[] = {"pods", "events", "nodes"};
    ObjectRow object;
    // New ones come, old ones stay away.
    object.uid = "uid" + std::to_string(random.Below(kUids) * 2 / 3 +
                                        static_cast<std::uint64_t>(rv) / 40);
    const std::uint64_t place = std::hash<std::string>()(object.uid);
    const std::string kind = kKinds[place % 3];
    object.resource_id = tx.EnsureResource("", kind, kind, kind != "nodes");
    object.stream_id =
        tx.EnsureStream({"", kind, "", "", ""}, object.resource_id).id;
    if (kind != "nodes") object.name_space = "ns" + std::to_string(place % 5);
    object.name = "name" + std::to_string(place % 7);
    const auto known = tx.FindObject(object.resource_id, object.uid);
    static constexpr Event kEvents[] = {
        Event::kModified, Event::kModified, Event::kModified, Event::kAdded,
        Event::kDeleted,  Event::kVanished, Event::kLeft};
    NewRevision next;
    next.object_id = known ? known->id : tx.AddObject(object);
    next.stream_id = object.stream_id;
    next.epoch = 1;
    next.event = kEvents[random.Below(7)];
    next.rv = std::to_string(rv);
    next.late = known && random.Below(12) == 0;
    if (next.late) next.rv = std::to_string(rv - 900);
    if (next.late && tx.HasRevision(next.object_id, 1, next.rv)) return;
    if (next.event == Event::kVanished) {
      next.list_rv = next.rv;
      next.rv = "";
    }
    next.changed_at =
        tx.recorded_at() -
        static_cast<Micros>(random.Below(3) == 0 ? random.Below(9'000'000) : 0);
    std::string body = BodyOf(object.uid, rv);
    if (random.Below(15) == 0) {
      next.body_kind = BodyKind::kStub;
      body = R"({"reason":"oversize"})";
    }
    if (next.event != Event::kVanished) next.body = body;
    tx.AppendRevision(next);
  }
};

}  // namespace kubescribe::store
