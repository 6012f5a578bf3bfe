#include "store/pruner.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_set>

#include "base/test_switches.h"
#include "store/body_reader.h"
#include "store/doubts.h"
#include "store/lifetimes.h"

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
constexpr std::int64_t kSeqsAStep = 65536;
constexpr int kFewestPages = 16;
constexpr int kMostPages = 1024;

std::int64_t HighestId(Db& db) {
  return db.Int("SELECT coalesce(max(id), 0) FROM object");
}

// 8 bytes, big-endian.
std::array<std::uint8_t, 8> SeqBytes(Seq seq) {
  std::array<std::uint8_t, 8> bytes{};
  auto rest = static_cast<std::uint64_t>(seq);
  for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte, rest >>= 8) {
    *byte = static_cast<std::uint8_t>(rest & 0xff);
  }
  return bytes;
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
      created_at_(info.created_at),
      most_revisions_(kMostRevisions),
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
  rvs_.clear();
  salts_place_ = -1;
  dictionary_seq_ = 0;
  dictionaries_.clear();
  kept_cut_ = 0;
  revisions_ = objects_ = bytes_ = 0;
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
  known_until_ = info.known_until;
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
    case Phase::kKept:
      StepKept();
      break;
    case Phase::kCuts:
      StepCuts();
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
      through = TakeFrom(*object, *plan,
                         std::min(kChunk, most_revisions_ - taken), taken);
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

bool Pruner::TakeFrom(const PruneObject& object, const ObjectPlan& plan,
                      std::size_t limit, std::size_t& taken) {
  const std::vector<Row> going = Going(object.id, plan, limit + 1);
  const bool through = going.size() <= limit;
  std::vector<Row> now(going.begin(),
                       going.begin() + static_cast<std::ptrdiff_t>(
                                           std::min(going.size(), limit)));
  if (!now.empty()) {
    Micros first = plan.baseline_at;
    if (cut_.keep) {
      Query oldest(db_, "SELECT changed_at FROM revision WHERE seq = ?");
      if (oldest.Bind(now.front().seq).Step()) {
        first = std::min(first, oldest.Int(0));
      }
      NoteObject(object, plan, first);
    } else {
      for (const Row& row : now) {
        NoteRv(object.resource_id, row.epoch, row.rv);
      }
      NoteRv(object.resource_id, plan.epoch, plan.rv);
    }
    CutChains(object.id, now);
    Remove(object.id, now);
  }
  taken += now.size();
  if (through && plan.whole) {
    RemoveObject(object.id);
  } else {
    FixLife(object);
  }
  if (through) KUBESCRIBE_KILL_POINT("prune.object");
  return through;
}

std::vector<Pruner::Row> Pruner::Going(std::int64_t object_id,
                                       const ObjectPlan& plan,
                                       std::size_t limit) {
  std::vector<Row> rows;
  Query going(db_,
              "SELECT seq, coalesce(nullif(rv, ''), list_rv), epoch "
              "FROM revision INDEXED BY revision_object WHERE object_id = ? "
              "AND seq <= ? AND changed_at < ? ORDER BY seq LIMIT ?");
  going.Bind(object_id, plan.last, plan.before,
             static_cast<std::int64_t>(limit));
  while (going.Step()) {
    rows.push_back({going.Int(0), going.Text(1), going.Int(2)});
  }
  return rows;
}

void Pruner::CutChains(std::int64_t object_id, const std::vector<Row>& going) {
  std::unordered_set<Seq> gone;
  for (const Row& row : going) gone.insert(row.seq);
  const Seq last = going.back().seq;
  std::vector<Seq> cut;
  {
    // A base is the body before, stubs left out: behind the last one that goes
    // the first that is no stub is the only one that can build on any.
    Query later(db_,
                "SELECT v.seq, v.body_kind, b.base_seq FROM revision v "
                "INDEXED BY revision_object CROSS JOIN body b "
                "ON b.seq = v.seq WHERE v.object_id = ? AND v.seq > ? "
                "ORDER BY v.seq");
    later.Bind(object_id, going.front().seq);
    while (later.Step()) {
      const Seq seq = later.Int(0);
      if (gone.contains(seq)) continue;
      if (gone.contains(later.Int(2))) cut.push_back(seq);
      const bool stub =
          later.Int(1) == static_cast<std::int64_t>(BodyKind::kStub);
      if (seq > last && !stub) break;
    }
  }
  for (const Seq seq : cut) {
    std::optional<std::string> raw;
    try {
      raw = BodyReader(db_, nullptr).Read(seq);
    } catch (const SQLite::Exception&) {
      throw;
    } catch (const std::exception&) {
      // It is damaged, and stays so: reading it says so as before. (As does the
      // hash of its leaf where damage decodes to something.)
      continue;
    }
    if (raw) bodies_.Rewrite(seq, *raw, known_until_);
    KUBESCRIBE_KILL_POINT("prune.keyframe");
  }
}

void Pruner::Remove(std::int64_t object_id, const std::vector<Row>& going) {
  for (const Row& row : going) {
    {
      Query body(db_, "DELETE FROM body WHERE seq = ? RETURNING length(data)");
      body.Bind(row.seq);
      while (body.Step()) bytes_ += body.Int(0);
    }
    Query(db_, "DELETE FROM revision WHERE seq = ?").Bind(row.seq).Run();
    bodies_.Removed(object_id, row.seq);
    KUBESCRIBE_KILL_POINT("prune.revision");
  }
  revisions_ += static_cast<std::int64_t>(going.size());
}

void Pruner::RemoveObject(std::int64_t object_id) {
  Query(db_, "DELETE FROM lifetime WHERE object_id = ?").Bind(object_id).Run();
  Query(db_, "DELETE FROM pruned_object WHERE object_id = ?")
      .Bind(object_id)
      .Run();
  Query(db_, "DELETE FROM object WHERE id = ?").Bind(object_id).Run();
  ++objects_;
  KUBESCRIBE_KILL_POINT("prune.life");
}

void Pruner::FixLife(const PruneObject& object) {
  const LifeSeconds seconds(created_at_);
  std::optional<Micros> first;
  {
    Query oldest(db_,
                 "SELECT changed_at FROM revision WHERE object_id = ? "
                 "AND late = 0 ORDER BY seq LIMIT 1");
    if (oldest.Bind(object.id).Step()) first = oldest.Int(0);
  }
  if (!first) return;
  std::optional<std::pair<std::int64_t, std::int64_t>> sides;
  {
    Query box(db_,
              "SELECT begin_second, end_second FROM lifetime "
              "WHERE object_id = ?");
    if (box.Bind(object.id).Step()) sides = {box.Int(0), box.Int(1)};
  }
  if (sides) {
    if (!GoneIsLeft(object.id, *first, sides->second)) {
      Query(db_, "DELETE FROM lifetime WHERE object_id = ?")
          .Bind(object.id)
          .Run();
    } else if (sides->first != seconds.Down(*first)) {
      Query(db_, "UPDATE lifetime SET begin_second = ? WHERE object_id = ?")
          .Bind(seconds.Down(*first), object.id)
          .Run();
    }
    KUBESCRIBE_KILL_POINT("prune.box");
  }
  if (object.born_at == 0 || object.born_at > *first) return;
  // Its newest life began before all that is left, so that until its last
  // revision that is not gone nothing that is left is: now it begins with the
  // first of them. (Or with one of the same time, which may have gone too.)
  Query(db_,
        "UPDATE object SET born_at = coalesce((SELECT changed_at FROM revision "
        "WHERE object_id = ?1 AND late = 0 AND event NOT IN (3, 6, 7) "
        "ORDER BY seq LIMIT 1), 0) WHERE id = ?1")
      .Bind(object.id)
      .Run();
}

bool Pruner::GoneIsLeft(std::int64_t object_id, Micros first,
                        std::int64_t end_second) {
  // It was gone last in the second before `end_second`, and what goes is what
  // changed first. To look for it among all that is left would take a busy
  // object's whole history, each time.
  const LifeSeconds seconds(created_at_);
  if (seconds.Up(first) < end_second) return true;
  Query left(db_,
             "SELECT changed_at, event FROM revision WHERE object_id = ? "
             "AND late = 0 ORDER BY seq");
  left.Bind(object_id);
  while (left.Step() && seconds.Down(left.Int(0)) <= end_second) {
    if (IsGone(static_cast<Event>(left.Int(1)))) return true;
  }
  return false;
}

void Pruner::NoteRv(std::int64_t resource_id, std::int64_t epoch,
                    const std::string& rv) {
  if (!IsNumber(rv)) return;
  std::string& highest = rvs_[{resource_id, epoch}];
  if (highest.empty() || LowerRv(highest, rv)) highest = rv;
}

void Pruner::NoteObject(const PruneObject& object, const ObjectPlan& plan,
                        Micros first) {
  Query(db_,
        "INSERT INTO pruned_object (object_id, from_at, before_at, before_seq, "
        "before_rv, epoch) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (object_id) DO UPDATE SET from_at = "
        "min(from_at, excluded.from_at), before_at = "
        "max(before_at, excluded.before_at), before_seq = excluded.before_seq, "
        "before_rv = excluded.before_rv, "
        "epoch = excluded.epoch")
      .Bind(object.id, first, plan.before, plan.baseline, plan.rv, plan.epoch)
      .Run();
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
  for (const auto& [key, rv] : rvs_) {
    Query(db_,
          "INSERT INTO pruned_rv (resource_id, epoch, rv) VALUES (?, ?, ?) "
          "ON CONFLICT (resource_id, epoch) DO UPDATE SET rv = excluded.rv "
          "WHERE length(rv) < length(excluded.rv) "
          "OR (length(rv) = length(excluded.rv) AND rv < excluded.rv)")
        .Bind(key.first, key.second, rv)
        .Run();
  }
  rvs_.clear();
  Query(db_,
        "UPDATE pruned SET revisions = revisions + ?, objects = objects + ?, "
        "bytes = bytes + ?, at_object = ? WHERE seq = ?")
      .Bind(revisions_, objects_, bytes_, at_object_, record_)
      .Run();
  progress_.revisions += revisions_;
  progress_.objects += objects_;
  progress_.bytes += bytes_;
  revisions_ = objects_ = bytes_ = 0;
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
    phase_ = Phase::kKept;
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
  phase_ = Phase::kKept;
}

// Which revisions are left below the cuts of all prunes so far: their hash
// tells whoever verifies the file that no other one is missing.
void Pruner::StepKept() {
  if (kept_cut_ == 0) {
    kept_cut_ = db_.Int(
        "SELECT coalesce(max(coalesce(before_seq, seq - 1)), 0) FROM pruned");
    kept_seq_ = 0;
    kept_ = {};
  }
  const Micros deadline = clock_.Mono() + kStepTime;
  std::int64_t seen = 0;
  Query left(db_,
             "SELECT seq FROM revision WHERE seq > ? AND seq <= ? "
             "ORDER BY seq LIMIT ?");
  left.Bind(kept_seq_, kept_cut_, kSeqsAStep);
  while (left.Step()) {
    kept_seq_ = left.Int(0);
    kept_.Update(SeqBytes(kept_seq_));
    if (++seen % 1024 == 0 && clock_.Mono() >= deadline) return;
  }
  if (seen == kSeqsAStep) return;
  cuts_ = {};
  cuts_object_ = 0;
  phase_ = Phase::kCuts;
}

// And what is not known any more, which nothing that is left tells.
void Pruner::StepCuts() {
  const Micros deadline = clock_.Mono() + kStepTime;
  if (cuts_object_ == 0) {
    Query rvs(db_,
              "SELECT k.api_group, k.resource, p.epoch, p.rv FROM pruned_rv p "
              "JOIN resource k ON k.id = p.resource_id ORDER BY 1, 2, 3");
    while (rvs.Step()) {
      cuts_.Update(fmt::format("{},{},{},{}\n", rvs.Blob(0), rvs.Blob(1),
                               rvs.Int(2), rvs.Blob(3)));
    }
  }
  std::int64_t seen = 0;
  Query objects(db_,
                "SELECT object_id, from_at, before_at, before_seq, before_rv, "
                "epoch FROM pruned_object WHERE object_id > ? "
                "ORDER BY object_id LIMIT ?");
  objects.Bind(cuts_object_, kSeqsAStep);
  while (objects.Step()) {
    cuts_object_ = objects.Int(0);
    cuts_.Update(fmt::format("{},{},{},{},{},{}\n", cuts_object_,
                             objects.Int(1), objects.Int(2), objects.Int(3),
                             objects.Blob(4), objects.Int(5)));
    if (++seen % 1024 == 0 && clock_.Mono() >= deadline) return;
  }
  if (seen == kSeqsAStep) return;
  phase_ = Phase::kDone;
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
    detail["up_to"] = std::exchange(kept_cut_, 0);
    detail["kept"] = codec::Hex(kept_.Finish());
    detail["cuts"] = codec::Hex(cuts_.Finish());
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
