#include "verify/objects.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>

#include "base/random.h"

namespace kubescribe::verify {
namespace {

using store::Query;

// Objects whose lives are put together at a time: some fifty megabytes.
constexpr std::size_t kMostOpen = std::size_t{1} << 17;
// Where they are only called by their names.
constexpr std::size_t kMostNamed = std::size_t{1} << 14;

constexpr std::int64_t kLastObject = std::numeric_limits<std::int64_t>::max();

constexpr Micros kMicros = 1'000'000;
// schema/006-compact.sql
constexpr int kFirstCompact = 6;

// 0 where it is no number, or one too large for 64 bits.
std::int64_t AsNumber(std::string_view rv) {
  constexpr std::size_t kDigits = 18;
  if (rv.empty() || rv.size() > kDigits ||
      rv.find_first_not_of("0123456789") != std::string_view::npos) {
    return 0;
  }
  std::int64_t number = 0;
  std::from_chars(rv.data(), rv.data() + rv.size(), number);
  return number;
}

std::int64_t Floor(Micros at) {
  return at >= 0 ? at / kMicros : -((-at + kMicros - 1) / kMicros);
}
std::int64_t Ceiling(Micros at) { return -Floor(-at); }

// The lives of objects that are asked for in order of their id, in one pass
// over their revisions.
class Lives {
 public:
  Lives(store::Db& db, std::int64_t after, std::int64_t to)
      : rows_(db,
              "SELECT object_id, seq, event, rv, epoch, changed_at, "
              "recorded_at, late FROM revision WHERE object_id > ? "
              "AND object_id <= ? ORDER BY object_id, seq") {
    rows_.Bind(after, to);
    more_ = rows_.Step();
  }

  Life Of(std::int64_t object) {
    Life life;
    while (more_ && rows_.Int(0) < object) more_ = rows_.Step();
    for (; more_ && rows_.Int(0) == object; more_ = rows_.Step()) {
      life.Add({rows_.Int(1), rows_.Int(2), rows_.Blob(3), rows_.Int(4),
                rows_.Int(5), rows_.Int(6), rows_.Bool(7)});
    }
    return life;
  }

 private:
  Query rows_;
  bool more_ = false;
};

}  // namespace

void Life::Add(const Revision& revision) {
  empty = false;
  if (revision.epoch != top_epoch_) {
    if (top_epoch_ != 0) other_tops_[top_epoch_] = top_rv_;
    top_rv_ = TopRv(revision.epoch);
    top_epoch_ = revision.epoch;
  }
  const std::int64_t number = AsNumber(revision.rv);
  rising = rising && (revision.rv.empty() || number > top_rv_);
  top_rv_ = std::max(top_rv_, number);
  if (revision.late) return;
  const bool gone = IsGone(revision.event);
  in_order = in_order && revision.changed_at >= changed_at;
  if (gone) {
    const Micros since = alive ? born_at : revision.changed_at;
    if (!box) box = {since, since};
    box->second = revision.changed_at;
  } else if (!alive) {
    born_at = revision.changed_at;
  }
  alive = !gone;
  seq = revision.seq;
  rv = revision.rv;
  epoch = revision.epoch;
  changed_at = revision.changed_at;
  recorded_at = revision.recorded_at;
}

std::int64_t Life::TopRv(std::int64_t of_epoch) const {
  if (of_epoch == top_epoch_) return top_rv_;
  const auto found = other_tops_.find(of_epoch);
  return found == other_tops_.end() ? 0 : found->second;
}

BoxSum::BoxSum() { SystemRandom().Fill(key_); }

BoxSum::Words BoxSum::Digest(const Box& box) {
  const std::array<std::int64_t, 5> numbers = {box.object, box.begin_second,
                                               box.end_second, box.resource_low,
                                               box.resource_high};
  sha_.Update(std::span<const std::uint8_t>(key_));
  sha_.Update(std::string_view(reinterpret_cast<const char*>(numbers.data()),
                               sizeof(numbers)));
  sha_.Update(box.name_space);
  const codec::Sha256Digest digest = sha_.Finish();
  Words words{};
  static_assert(sizeof(words) == sizeof(digest));
  std::memcpy(words.data(), digest.data(), sizeof(words));
  return words;
}

void BoxSum::Add(const Box& box) {
  const Words words = Digest(box);
  for (std::size_t i = 0; i < words.size(); ++i) sum_[i] += words[i];
}

void BoxSum::Take(const Box& box) {
  const Words words = Digest(box);
  for (std::size_t i = 0; i < words.size(); ++i) sum_[i] -= words[i];
}

bool BoxSum::even() const { return sum_ == Words{}; }

Objects::Objects(Snapshot& snapshot, Findings& findings)
    : snapshot_(snapshot),
      findings_(findings),
      created_(snapshot.db().Int("SELECT created_at FROM meta")),
      compact_(snapshot.info().schema_version >= kFirstCompact),
      pruned_(compact_ &&
              snapshot.db().Int("SELECT EXISTS (SELECT 1 FROM pruned)") != 0),
      at_the_end_(snapshot.live() || !compact_) {}

const LeafTexts& Objects::Add(const RevisionRow& row) {
  const std::int64_t id = row.object;
  if (open_.size() >= (at_the_end_ ? kMostNamed : kMostOpen)) {
    at_the_end_ = true;
    open_.clear();
  }
  const auto [at, added] = open_.try_emplace(id);
  Open& object = at->second;
  if (added) Load(id, object);
  if (at_the_end_ || !object.known) return object.texts;
  const store::Seq seq = row.seq;
  const bool late = row.late != 0;
  object.life.Add({seq, row.event, row.rv, row.epoch, row.changed_at,
                   row.recorded_at, late});
  if (seq == object.newest) {
    if (Fits(id, object.life, /*first=*/true)) {
      ++good_;
    } else {
      at_the_end_ = true;
    }
    texts_ = std::move(object.texts);
    open_.erase(at);
    return texts_;
  }
  // Late ones alone follow the newest. They may follow one that was compared.
  if (seq > object.newest && object.newest != 0) {
    (late ? again_ : doubtful_).insert(id);
  }
  return object.texts;
}

void Objects::Load(std::int64_t id, Open& object) {
  Query row(snapshot_.db(),
            "SELECT k.api_group, k.resource, o.namespace, o.name, o.uid, o.seq "
            "FROM object o LEFT JOIN resource k ON k.id = o.resource_id "
            "WHERE o.id = ?");
  object.known = row.Bind(id).Step();
  object.texts = object.known ? LeafTextsOf(row) : NoLeafTexts();
  if (object.known) object.newest = row.Int(kTexts);
}

bool Objects::Fits(std::int64_t id, const Life& life, bool first) {
  if (life.empty || !life.in_order || (!life.rising && Repeats(id))) {
    return false;
  }
  Query row(snapshot_.db(),
            "SELECT id, resource_id, namespace, alive, seq, rv, epoch, "
            "changed_at, recorded_at, born_at, above_rv FROM object "
            "WHERE id = ?");
  if (!row.Bind(id).Step() || !SameState(row, life) || !TopFits(row, life)) {
    return false;
  }
  if (first && life.box) {
    const auto [begin, end] = Seconds(life);
    const std::int64_t resource = 2 * row.Int(1);
    boxes_.Add({id, begin, end, resource, resource + 1, row.Blob(2)});
  }
  return true;
}

Status Objects::Finish() {
  if (Status open = snapshot_.Renew(); !open.ok()) return open;
  return AllFit() ? Status() : JudgeAll();
}

bool Objects::AllFit() {
  if (at_the_end_) return false;
  for (const auto& [id, object] : open_) {
    if (object.known && again_.count(id) == 0) doubtful_.insert(id);
  }
  open_.clear();
  for (const auto* looked_up : {&doubtful_, &again_}) {
    for (const std::int64_t id : *looked_up) {
      const Life life = Lives(snapshot_.db(), id - 1, id).Of(id);
      if (!Fits(id, life, looked_up == &doubtful_)) return false;
    }
  }
  // Others have no revision at all, or were called good too early.
  return snapshot_.db().Int("SELECT count(*) FROM object") ==
             good_ + static_cast<std::int64_t>(doubtful_.size()) &&
         BoxesFit();
}

bool Objects::BoxesFit() {
  std::unordered_map<std::int64_t, std::string> names;
  Query namespaces(snapshot_.db(), "SELECT id, name FROM namespace");
  while (namespaces.Step()) names[namespaces.Int(0)] = namespaces.Text(1);
  Query boxes(snapshot_.db(),
              "SELECT object_id, begin_second, end_second, resource_low, "
              "resource_high, namespace_low, namespace_high FROM lifetime");
  while (boxes.Step()) {
    const std::int64_t low = boxes.Int(5);
    const auto name = names.find(low / 2);
    if (low % 2 != 0 || boxes.Int(6) != low + 1 || name == names.end()) {
      return false;
    }
    boxes_.Take({boxes.Int(0), boxes.Int(1), boxes.Int(2), boxes.Int(3),
                 boxes.Int(4), name->second});
  }
  return boxes_.even();
}

Status Objects::JudgeAll() {
  open_.clear();
  const int first = snapshot_.number();
  while (Judge()) {
    if (Status open = snapshot_.Renew(); !open.ok()) return open;
  }
  // In a file that is written meanwhile there may be others by now.
  if (snapshot_.number() != first) return {};
  const std::int64_t found =
      snapshot_.db().Int("SELECT count(*) FROM lifetime");
  if (found != boxes_judged_) {
    findings_.Altered(0, fmt::format("boxes in `lifetime`: {} where {} must be",
                                     found, boxes_judged_));
  }
  return {};
}

bool Objects::Judge() {
  constexpr int kObjects = 500;
  store::Db& db = snapshot_.db();
  pruned_ = compact_ && db.Int("SELECT EXISTS (SELECT 1 FROM pruned)") != 0;
  Query rows(db, compact_ ? "SELECT id, resource_id, namespace, alive, seq, "
                            "rv, epoch, changed_at, recorded_at, born_at, "
                            "above_rv FROM object WHERE id > ? "
                            "ORDER BY id LIMIT ?"
                          : "SELECT id, resource_id, namespace, alive, seq, "
                            "rv, epoch, changed_at, recorded_at, born_at "
                            "FROM object WHERE id > ? ORDER BY id LIMIT ?");
  rows.Bind(last_, kObjects);
  Lives lives(db, last_, kLastObject);
  int found = 0;
  for (; rows.Step(); ++found) {
    last_ = rows.Int(0);
    Check(rows, lives.Of(last_));
  }
  return found == kObjects;
}

void Objects::Check(const Query& row, const Life& life) {
  const std::int64_t id = row.Int(0);
  if (life.empty && !IsCut(id)) {
    findings_.Altered(0, fmt::format("object {} has no revision", id));
  }
  if (!life.in_order) {
    findings_.Altered(
        0, fmt::format("object {}: its changes are not in order of time", id));
  }
  if (!SameState(row, life)) {
    findings_.Altered(
        0, fmt::format("object {} is not what its revisions make it", id));
  }
  if (!life.rising && Repeats(id)) {
    findings_.Altered(
        0, fmt::format("object {}: a resourceVersion is there twice", id));
  }
  if (compact_ && !TopFits(row, life)) {
    findings_.Altered(0, fmt::format("object {}: its highest resourceVersion "
                                     "is not what its revisions make it",
                                     id));
  }
  if (life.box) ++boxes_judged_;
  if (!SameBox(row, life)) {
    findings_.Altered(0, fmt::format("object {}: its box in `lifetime` is not "
                                     "what its revisions make it",
                                     id));
  }
}

// Of a part of a file, an object may have come without any revision, for what
// is not known of it.
bool Objects::IsCut(std::int64_t id) {
  if (!compact_) return false;
  Query cut(snapshot_.db(), "SELECT 1 FROM pruned_object WHERE object_id = ?");
  return cut.Bind(id).Step();
}

bool Objects::SameState(const Query& row, const Life& life) const {
  return row.Bool(3) == life.alive && row.Int(4) == life.seq &&
         row.Blob(5) == life.rv && row.Int(6) == life.epoch &&
         row.Int(7) == life.changed_at && row.Int(8) == life.recorded_at &&
         row.Int(9) == life.born_at;
}

bool Objects::Repeats(std::int64_t id) {
  Query twice(snapshot_.db(),
              "SELECT 1 FROM revision WHERE object_id = ? AND rv <> '' "
              "GROUP BY epoch, rv HAVING count(*) > 1 LIMIT 1");
  return twice.Bind(id).Step();
}

// What was pruned may have been higher than all that is left.
bool Objects::TopFits(const Query& row, const Life& life) const {
  const std::int64_t own = AsNumber(row.Blob(5));
  const std::int64_t above = row.Int(10);
  const std::int64_t top = life.TopRv(row.Int(6));
  if (above == 0) return top <= own;
  return above > own && (above == top || (above > top && pruned_));
}

bool Objects::SameBox(const Query& row, const Life& life) {
  Query box(snapshot_.db(),
            "SELECT begin_second, end_second, resource_low, resource_high, "
            "namespace_low, namespace_high, (SELECT name FROM namespace n "
            "WHERE n.id = namespace_low / 2) FROM lifetime "
            "WHERE object_id = ?");
  const bool found = box.Bind(row.Int(0)).Step();
  if (!found || !life.box) return found == life.box.has_value();
  const auto [begin, end] = Seconds(life);
  const std::int64_t resource = 2 * row.Int(1);
  return box.Int(0) == begin && box.Int(1) == end && box.Int(2) == resource &&
         box.Int(3) == resource + 1 && box.Int(4) % 2 == 0 &&
         box.Int(5) == box.Int(4) + 1 && !box.IsNull(6) &&
         box.Blob(6) == row.Blob(2);
}

std::pair<std::int64_t, std::int64_t> Objects::Seconds(const Life& life) const {
  const std::int64_t base = Floor(created_);
  return {Floor(life.box->first) - base, Ceiling(life.box->second) - base};
}

}  // namespace kubescribe::verify
