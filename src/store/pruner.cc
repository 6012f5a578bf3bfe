#include "store/pruner.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/test_switches.h"
#include "store/doubts.h"

namespace kubescribe::store {
namespace {

constexpr Micros kStepTime = 15 * kMillisecond;
// Bounds of a step whatever the clock says.
constexpr std::size_t kMostRevisions = 512;
constexpr std::size_t kMostLooks = 4096;
// Between two looks at the clock.
constexpr std::size_t kChunk = 8;
// Seeds of a step: their revisions get 255 salts each at most, mostly few.
constexpr std::size_t kMostSeeds = 8;
constexpr std::int64_t kBodiesAStep = 4096;
constexpr int kFewestPages = 16;
constexpr int kMostPages = 1024;

std::int64_t HighestId(Db& db) {
  return db.Int("SELECT coalesce(max(id), 0) FROM object");
}

bool GivesBack(Db& db) { return db.Int("PRAGMA auto_vacuum") == 2; }

}  // namespace

Pruner::Pruner(Db& db, BodyWriter& bodies, LogWriter& log, SeededSalts& salts,
               const Clock& clock, const FileInfo& info)
    : db_(db),
      bodies_(bodies),
      log_(log),
      salts_(salts),
      clock_(clock),
      most_revisions_(kMostRevisions),
      objects_(db, bodies, info.created_at),
      seal_(db, clock),
      pages_(kFewestPages) {
  Resume();
}

void Pruner::Resume() {
  Query open(db_,
             "SELECT seq, before_at, before_seq, keep, at_object, reason "
             "FROM pruned WHERE done = 0 ORDER BY seq LIMIT 1");
  if (!open.Step()) {
    // The last one may have been cut off while it gave pages back.
    if (db_.Int("SELECT EXISTS (SELECT 1 FROM pruned)") == 1 &&
        GivesBack(db_) && FreePages(db_) > 0) {
      progress_ = {};
      progress_.job = ++jobs_;
      progress_.finished = false;
      phase_ = Phase::kPages;
    }
    return;
  }
  PruneCut cut;
  cut.at = open.OptionalInt(1);
  cut.seq = open.OptionalInt(2).value_or(0);
  cut.keep = open.OptionalInt(3);
  const Seq record = open.Int(0);
  if (cut.keep) cut.seq = record - 1;
  Query kinds(db_, "SELECT resource_id FROM pruned_resource WHERE seq = ?");
  kinds.Bind(record);
  while (kinds.Step()) cut.resources.push_back(kinds.Int(0));
  wish_ = {};
  wish_.resources = cut.resources;
  wish_.reason = open.Text(5);
  progress_ = {};
  progress_.job = ++jobs_;
  progress_.finished = false;
  progress_.record = record;
  const std::int64_t at_object = open.Int(4);
  BeginCut(cut);
  record_ = record;
  at_object_ = at_object;
}

std::int64_t Pruner::Start(const PruneWish& wish) {
  wish_ = wish;
  progress_ = {};
  progress_.job = ++jobs_;
  progress_.finished = false;
  attempt_ = 0;
  if (wish.max_bytes) {
    if (!NextSizeCut()) phase_ = Phase::kPages;
    return progress_.job;
  }
  PruneCut cut;
  cut.resources = wish.resources;
  cut.keep = wish.keep;
  if (wish.keep) cut.seq = db_.Int("SELECT last_seq FROM meta WHERE id = 1");
  if (wish.before) {
    cut.at = std::min<Micros>(
        *wish.before, db_.Int("SELECT known_until FROM meta WHERE id = 1"));
    cut.seq = SeqAt(db_, *cut.at);
  }
  BeginCut(cut);
  return progress_.job;
}

// False: the size is kept, or out of reach.
bool Pruner::NextSizeCut() {
  const std::uint64_t used = UsedBytes(db_);
  if (used <= *wish_.max_bytes) return false;
  std::optional<PruneCut> cut =
      CutForSize(db_, used, *wish_.max_bytes, attempt_++);
  if (!cut) {
    progress_.out_of_reach = true;
    return false;
  }
  cut->resources = wish_.resources;
  BeginCut(*cut);
  return true;
}

void Pruner::BeginCut(const PruneCut& cut) {
  cut_ = cut;
  record_ = 0;
  at_object_ = 0;
  salts_place_ = -1;
  dictionary_seq_ = 0;
  dictionaries_.clear();
  objects_.Begin(cut);
  seal_.Begin();
  phase_ = Phase::kObjects;
}

void Pruner::Limit(std::uint64_t revisions) {
  most_revisions_ = static_cast<std::size_t>(
      std::clamp<std::uint64_t>(revisions, kChunk, kMostRevisions));
}

void Pruner::Abandon() {
  phase_ = Phase::kIdle;
  progress_.finished = true;
}

void Pruner::Step(FileInfo& info) {
  last_seq_ = info.last_seq;
  switch (phase_) {
    case Phase::kIdle:
      break;
    case Phase::kObjects:
      StepObjects(info);
      break;
    case Phase::kSalts:
      StepSalts();
      break;
    case Phase::kDictionaries:
      StepDictionaries();
      break;
    case Phase::kSeal:
      if (seal_.Step(clock_.Mono() + kStepTime)) phase_ = Phase::kDone;
      break;
    case Phase::kDone:
      StepDone(info);
      break;
    case Phase::kPages:
      StepPages();
      break;
  }
  progress_.used_bytes = UsedBytes(db_);
}

void Pruner::StepObjects(FileInfo& info) {
  const Micros deadline = clock_.Mono() + kStepTime;
  highest_id_ = HighestId(db_);
  progress_.of = highest_id_;
  FileInfo next = info;
  bool writing = false;
  std::size_t taken = 0;
  for (std::size_t looks = 0; looks < kMostLooks && taken < most_revisions_;
       ++looks) {
    if (looks % kChunk == 0 && looks > 0 && clock_.Mono() >= deadline) break;
    const std::optional<PruneObject> object = NextObject(db_, at_object_);
    if (!object) {
      phase_ = record_ == 0 ? Phase::kDone : Phase::kSalts;
      break;
    }
    std::optional<ObjectPlan> plan;
    if (cut_.Concerns(object->resource_id)) {
      plan = PlanOf(db_, *object, cut_, highest_id_);
    }
    if (!plan) {
      at_object_ = object->id;
      continue;
    }
    if (!writing) {
      Query(db_, "BEGIN IMMEDIATE").Run();
      writing = true;
      if (record_ == 0) WriteRecord(next);
    }
    bool through = false;
    while (!through && taken < most_revisions_) {
      through = objects_.TakeFrom(*object, *plan,
                                  std::min(kChunk, most_revisions_ - taken),
                                  info.known_until, taken);
      if (clock_.Mono() >= deadline) break;
    }
    if (!through) break;
    at_object_ = object->id;
    if (clock_.Mono() >= deadline) break;
  }
  progress_.looked_at = at_object_;
  if (!writing) return;
  WriteProgress();
  log_.Put();
  KUBESCRIBE_KILL_POINT("prune.before-commit");
  Query(db_, "COMMIT").Run();
  KUBESCRIBE_KILL_POINT("prune.step");
  info = std::move(next);
}

void Pruner::WriteRecord(FileInfo& info) {
  nlohmann::ordered_json detail;
  detail["reason"] = wish_.reason;
  if (cut_.keep) {
    detail["keep"] = *cut_.keep;
  } else {
    detail["before"] = *cut_.at;
    detail["seq"] = cut_.seq;
  }
  for (const std::int64_t id : cut_.resources) {
    Query name(db_, "SELECT resource, api_group FROM resource WHERE id = ?");
    if (!name.Bind(id).Step()) continue;
    const std::string group = name.Text(1);
    detail["resources"].push_back(name.Text(0) +
                                  (group.empty() ? "" : "." + group));
  }
  detail["last"] = info.last_seq;
  const Seq seq = Append(info, "prune", detail.dump());
  const std::optional<Seq> before_seq =
      cut_.keep ? std::nullopt : std::optional<Seq>(cut_.seq);
  Query(db_,
        "INSERT INTO pruned (seq, before_at, before_seq, keep, reason) "
        "VALUES (?, ?, ?, ?, ?)")
      .Bind(seq, cut_.at, before_seq, cut_.keep, wish_.reason)
      .Run();
  for (const std::int64_t id : cut_.resources) {
    Query(db_,
          "INSERT OR IGNORE INTO pruned_resource (seq, resource_id) "
          "VALUES (?, ?)")
        .Bind(seq, id)
        .Run();
  }
  record_ = seq;
  progress_.record = seq;
  KUBESCRIBE_KILL_POINT("prune.record");
}

Seq Pruner::Append(FileInfo& info, const std::string& kind,
                   const std::string& detail, std::string_view payload) {
  const Seq seq = ++info.last_seq;
  const Salt salt = salts_.OfRecord();
  Query(db_,
        "INSERT INTO record (seq, kind, stream_id, recorded_at, detail, salt) "
        "VALUES (?, ?, 0, ?, ?, ?)")
      .Bind(seq, kind, info.known_until, detail, salt)
      .Run();
  bodies_.PutAlone(seq, payload, info.known_until);
  Query(db_, "UPDATE meta SET last_seq = ? WHERE id = 1").Bind(seq).Run();
  log_.AddRecord({seq, kind, 0, info.known_until, detail}, salt, payload);
  return seq;
}

void Pruner::WriteProgress() {
  const ObjectPruner::Taken taken = objects_.Put();
  Query(db_,
        "UPDATE pruned SET revisions = revisions + ?, objects = objects + ?, "
        "bytes = bytes + ?, at_object = ? WHERE seq = ?")
      .Bind(taken.revisions, taken.objects, taken.bytes, at_object_, record_)
      .Run();
  progress_.revisions += taken.revisions;
  progress_.objects += taken.objects;
  progress_.bytes += taken.bytes;
}

// Once what is pruned has no salt any more, the hash of its leaf does not tell
// what it was.
void Pruner::StepSalts() {
  const Micros deadline = clock_.Mono() + kStepTime;
  const std::size_t most = std::min(kMostSeeds, most_revisions_ / kChunk);
  std::vector<std::int64_t> parting;
  std::int64_t looks = 0;
  bool more = false;
  {
    Query seeds(db_,
                "SELECT s.place, (SELECT count(*) FROM revision v "
                "WHERE v.seq > 256 * s.place AND v.seq <= 256 * s.place + 256) "
                "+ (SELECT count(*) FROM record r "
                "WHERE r.seq > 256 * s.place AND r.seq <= 256 * s.place + 256) "
                "FROM salt_seed s WHERE s.place > ? AND s.place <= ? "
                "ORDER BY s.place");
    seeds.Bind(salts_place_, SeedPlace(cut_.seq));
    while (seeds.Step()) {
      const std::int64_t place = seeds.Int(0);
      const Seq last = std::min(last_seq_, kSeedRecords * (place + 1));
      salts_place_ = place;
      if (seeds.Int(1) < last - kSeedRecords * place) parting.push_back(place);
      more = parting.size() >= most ||
             (++looks % 16 == 0 && clock_.Mono() >= deadline);
      if (more) break;
    }
  }
  if (!parting.empty()) {
    Query(db_, "BEGIN IMMEDIATE").Run();
    for (const std::int64_t place : parting) PartFromSeed(db_, place);
    Query(db_, "COMMIT").Run();
    salts_.Forget();
  }
  if (!more) phase_ = Phase::kDictionaries;
}

// A dictionary is used for what is written until the next one is made; where
// that was before the cut, few rows are left that could name it.
void Pruner::StepDictionaries() {
  // Where the clock was set back, no time tells where one ended.
  if (cut_.keep || !cut_.resources.empty() ||
      db_.Int("SELECT count(*) FROM record WHERE kind = 'clock'") > 0) {
    phase_ = Phase::kSeal;
    return;
  }
  static constexpr const char* kUnused =
      "SELECT d.id FROM dictionary d WHERE (SELECT min(n.made_at) "
      "FROM dictionary n WHERE n.id > d.id) <= ? ORDER BY d.id";
  std::vector<std::int64_t> old;
  {
    Query query(db_, kUnused);
    query.Bind(*cut_.at);
    while (query.Step()) old.push_back(query.Int(0));
  }
  bool more = false;
  if (!old.empty()) {
    std::int64_t seen = 0;
    Query bodies(db_,
                 "SELECT seq, dictionary FROM body WHERE seq > ? "
                 "ORDER BY seq LIMIT ?");
    bodies.Bind(dictionary_seq_, kBodiesAStep);
    const Micros deadline = clock_.Mono() + kStepTime;
    while (bodies.Step()) {
      ++seen;
      dictionary_seq_ = bodies.Int(0);
      dictionaries_.insert(bodies.OptionalInt(1).value_or(0));
      if (seen % 64 == 0 && clock_.Mono() >= deadline) break;
    }
    more = seen > 0 && dictionary_seq_ <= cut_.seq;
  }
  if (more) return;
  for (const std::int64_t id : old) {
    if (dictionaries_.contains(id)) continue;
    Query(db_, "DELETE FROM dictionary WHERE id = ?").Bind(id).Run();
    KUBESCRIBE_KILL_POINT("prune.dictionary");
  }
  phase_ = Phase::kSeal;
}

void Pruner::StepDone(FileInfo& info) {
  if (record_ != 0) {
    Query(db_, "BEGIN IMMEDIATE").Run();
    FileInfo next = info;
    nlohmann::ordered_json detail;
    detail["prune"] = record_;
    {
      Query row(db_,
                "SELECT revisions, objects, bytes FROM pruned "
                "WHERE seq = ?");
      if (row.Bind(record_).Step()) {
        detail["revisions"] = row.Int(0);
        detail["objects"] = row.Int(1);
        detail["bytes"] = row.Int(2);
      }
    }
    const PruneSeal::Sealed sealed = seal_.Finish();
    detail["up_to"] = sealed.up_to;
    detail["kept"] = sealed.kept;
    detail["cuts"] = sealed.cuts;
    // Many of these rest on revisions that went.
    const Micros told = DoubtsToldUntil(db_);
    detail["doubts"] = told;
    Append(next, "pruned", detail.dump(), DoubtsFrom(db_, told));
    Query(db_, "UPDATE pruned SET done = 1 WHERE seq = ?").Bind(record_).Run();
    log_.Put();
    KUBESCRIBE_KILL_POINT("prune.totals");
    Query(db_, "COMMIT").Run();
    info = std::move(next);
    KUBESCRIBE_KILL_POINT("prune.done");
  }
  if (wish_.max_bytes && NextSizeCut()) return;
  phase_ = Phase::kPages;
}

void Pruner::StepPages() {
  const std::int64_t free = GivesBack(db_) ? FreePages(db_) : 0;
  if (free == 0) {
    phase_ = Phase::kIdle;
    progress_.finished = true;
    return;
  }
  const Micros from = clock_.Mono();
  // For one that is moved two are written, and what points to it.
  const int pages = std::min(pages_, static_cast<int>(most_revisions_) * 2);
  db_.Exec("PRAGMA incremental_vacuum(" + std::to_string(pages) + ")");
  KUBESCRIBE_KILL_POINT("prune.pages");
  const Micros took = clock_.Mono() - from;
  if (took > kStepTime) {
    pages_ = std::max(pages_ / 2, kFewestPages);
  } else if (took < kStepTime / 3) {
    pages_ = std::min(pages_ * 2, kMostPages);
  }
  const std::int64_t left = FreePages(db_);
  progress_.returned_bytes +=
      static_cast<std::uint64_t>((free - left) * db_.Int("PRAGMA page_size"));
  // Pages that cannot be given back are not asked for again and again.
  if (left >= free) {
    phase_ = Phase::kIdle;
    progress_.finished = true;
  }
}

}  // namespace kubescribe::store
