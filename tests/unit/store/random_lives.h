// What the tests of questions about time share: a file of random lives, and
// what it takes to compare an answer with all of its revisions.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "store_fixture.h"

namespace kubescribe::store {

inline std::vector<Revision> AllRevisions(Reader& reader) {
  auto batch = reader.Records(0, reader.info().last_seq, 1'000'000);
  if (!batch.ok()) {
    ADD_FAILURE() << batch.error().message();
    return {};
  }
  return std::move(batch->revisions);
}

inline bool Matches(const Revision& r, const ObjectFilter& filter) {
  return (filter.resource_id == 0 || r.resource_id == filter.resource_id) &&
         (!filter.name_space || r.name_space == *filter.name_space) &&
         (!filter.name || r.name == *filter.name) &&
         (!filter.uid || r.uid == *filter.uid);
}

inline std::vector<Seq> Seqs(const Result<std::vector<Revision>>& result) {
  std::vector<Seq> seqs;
  if (!result.ok()) {
    ADD_FAILURE() << result.error().message();
    return seqs;
  }
  for (const Revision& r : *result) seqs.push_back(r.seq);
  return seqs;
}

// The steps of a question's plan.
inline std::vector<std::string> Plan(const std::string& path,
                                     const std::string& sql) {
  std::vector<std::string> steps;
  SQLite::Database db(path, SQLite::OPEN_READONLY);
  SQLite::Statement plan(db, "EXPLAIN QUERY PLAN " + sql);
  while (plan.executeStep()) steps.push_back(plan.getColumn(3).getString());
  return steps;
}

// What the file has to find lives with, as lines of text; namespaces by name.
inline std::multiset<std::string> Derived(const std::string& path) {
  std::multiset<std::string> lines;
  SQLite::Database db(path, SQLite::OPEN_READONLY);
  for (const char* sql :
       {"SELECT 'born ' || id || ' ' || born_at FROM object",
        "SELECT 'box ' || l.object_id || ' ' || begin_second || ' ' || "
        "end_second || ' ' || resource_low || ' ' || (resource_high - "
        "resource_low) || ' ' || n.name || ' ' || (namespace_high - "
        "namespace_low) FROM lifetime l JOIN namespace n "
        "ON 2 * n.id = l.namespace_low"}) {
    SQLite::Statement query(db, sql);
    while (query.executeStep()) lines.insert(query.getColumn(0).getString());
  }
  return lines;
}

// The same from all revisions, by the words of the schema.
inline std::multiset<std::string> NaiveDerived(const std::string& path) {
  const auto reader = Reader::Open(path);
  const std::vector<Revision> all = AllRevisions(**reader);
  const Micros base = (*reader)->info().created_at / kSecond;
  struct Life {
    std::int64_t resource = 0;
    std::string name_space;
    bool alive = false;
    Micros born = 0;
    std::optional<Micros> first, gone;
  };
  std::map<std::int64_t, Life> lives;
  for (const Revision& r : all) {
    Life& life = lives[r.object_id];
    life.resource = r.resource_id;
    life.name_space = r.name_space;
    if (r.late) continue;
    if (!life.first) life.first = r.changed_at;
    if (IsGone(r.event)) life.gone = r.changed_at;
    if (!IsGone(r.event) && !life.alive) life.born = r.changed_at;
    life.alive = !IsGone(r.event);
  }
  std::multiset<std::string> lines;
  for (const auto& [id, life] : lives) {
    lines.insert("born " + std::to_string(id) + " " +
                 std::to_string(life.born));
    if (!life.gone) continue;
    const auto second = [&](Micros at, Micros up) {
      return std::to_string((at + up) / kSecond - base);
    };
    lines.insert("box " + std::to_string(id) + " " + second(*life.first, 0) +
                 " " + second(*life.gone, kSecond - 1) + " " +
                 std::to_string(2 * life.resource) + " 1 " + life.name_space +
                 " 1");
  }
  return lines;
}

class RandomLivesTest : public StoreTest {
 protected:
  // Random lives: some shorter than a second, some that are gone when they are
  // seen first, leave and come back, are gone twice; late revisions; a clock
  // that goes back.
  void Generate(std::uint64_t seed, int transactions) {
    SeededRandom random(seed);
    options_.synchronous_full = false;  // faster; no power is lost here
    auto writer = MustOpen();
    std::int64_t rv = 100;
    for (int t = 0; t < transactions; ++t) {
      clock_.Advance(static_cast<Micros>(random.Below(3'000'000)));
      if (random.Below(50) == 0) clock_.wall -= 2 * kMinute;
      const Status done = writer->Transact([&](Transaction& tx) {
        for (std::uint64_t e = 0; e <= random.Below(6); ++e) {
          Write(tx, random, ++rv);
        }
      });
      ASSERT_TRUE(done.ok()) << done.error().message();
    }
    ASSERT_TRUE(writer->CloseCleanly().ok());
  }

 private:
  void Write(Transaction& tx, SeededRandom& random, std::int64_t rv) {
    static constexpr const char* kKinds[] = {"pods", "events", "nodes"};
    ObjectRow object;
    object.uid = "uid" + std::to_string(random.Below(80));
    const std::uint64_t place = std::hash<std::string>()(object.uid);
    const std::string kind = kKinds[place % 3];
    object.resource_id = tx.EnsureResource("", kind, kind, kind != "nodes");
    object.stream_id =
        tx.EnsureStream({"", kind, "", "", ""}, object.resource_id).id;
    if (kind != "nodes") object.name_space = "ns" + std::to_string(place % 5);
    object.name = "name" + std::to_string(place % 7);
    const auto known = tx.FindObject(object.resource_id, object.uid);
    static constexpr Event kEvents[] = {Event::kModified, Event::kModified,
                                        Event::kAdded,    Event::kDeleted,
                                        Event::kVanished, Event::kLeft};
    NewRevision next;
    next.object_id = known ? known->id : tx.AddObject(object);
    next.stream_id = object.stream_id;
    next.epoch = 1;
    next.event = kEvents[random.Below(6)];
    next.rv = std::to_string(rv);
    next.late = random.Below(12) == 0;
    next.changed_at =
        tx.recorded_at() -
        static_cast<Micros>(random.Below(3) == 0 ? random.Below(9'000'000) : 0);
    if (random.Below(8) == 0) next.changed_at -= next.changed_at % kSecond;
    next.body = "x";
    tx.AppendRevision(next);
  }
};

}  // namespace kubescribe::store
