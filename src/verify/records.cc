#include "verify/records.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <nlohmann/json.hpp>

#include "kube/discovery.h"

namespace kubescribe::verify {
namespace {

using nlohmann::json;
using store::Query;
using store::Seq;

constexpr Seq kRange = 1000;
constexpr std::int64_t kWidth = 256;
constexpr std::size_t kHash = sizeof(Hash);

constexpr std::int64_t kWatch = 1;  // revision.source

constexpr const char* kNotRecorded =
    "it is not what was recorded (its hash is another than the log's)";

// Decimal numbers of any length.
bool LessRv(std::string_view a, std::string_view b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

bool IsNumber(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

// A member of a record's detail that is a number; 0 where it is none.
std::int64_t NumberIn(const json& detail, const char* key) {
  return detail.is_object() && detail.contains(key) &&
                 detail[key].is_number_integer()
             ? detail[key].get<std::int64_t>()
             : 0;
}

std::string TextIn(const json& detail, const char* key) {
  return detail.is_object() && detail.contains(key) && detail[key].is_string()
             ? detail[key].get<std::string>()
             : "";
}

// 8 bytes, big-endian.
std::array<std::uint8_t, 8> SeqBytes(Seq seq) {
  std::array<std::uint8_t, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(seq) >>
                                         (8 * (bytes.size() - 1 - i)));
  }
  return bytes;
}

json Parse(std::string_view text) {
  return json::parse(text.begin(), text.end(), nullptr, false);
}

}  // namespace

std::optional<Hash> Tiles::At(int level, std::int64_t index) {
  Tile& tile = tiles_[level];
  if (tile.place != index / kWidth) {
    tile.place = index / kWidth;
    tile.hashes.clear();
    Query row(snapshot_.db(),
              "SELECT hashes FROM tile WHERE level = ? AND place = ?");
    if (row.Bind(level, tile.place).Step()) tile.hashes = row.Blob(0);
  }
  const auto at = static_cast<std::size_t>(index % kWidth) * kHash;
  if (tile.hashes.size() < at + kHash) return std::nullopt;
  Hash hash{};
  std::memcpy(hash.data(), tile.hashes.data() + at, kHash);
  return hash;
}

Records::Records(Snapshot& snapshot, Objects& objects,
                 std::vector<Note> outside, Keys keys, std::int64_t logged,
                 Report& report, Findings& findings)
    : snapshot_(snapshot),
      objects_(objects),
      outside_(std::move(outside)),
      keys_(std::move(keys)),
      logged_(logged),
      report_(report),
      findings_(findings),
      tiles_(snapshot),
      salts_(snapshot),
      leaves_([this](const Hash& hash) {
        tree_.Add(hash);
        CheckCheckpoints();
      }),
      tree_([this](int height, std::int64_t index, const Hash& hash) {
        OnNode(height, index, hash);
      }) {}

Status Records::Run(Seq last, const std::function<void(Seq, Seq)>& progress) {
  for (Seq after = 0; after < last;) {
    if (Status open = snapshot_.Renew(); !open.ok()) return open;
    if (snapshot_.number() != snapshot_number_) {
      tiles_.Forget();
      salts_.Forget();
      const std::string before = prunes_.state();
      prunes_.Load(snapshot_.db());
      if (after > 0 && prunes_.state() != before) pruned_meanwhile_ = true;
      snapshot_number_ = snapshot_.number();
    }
    const Seq to = std::min(last, after + kRange);
    Range(after, to);
    after = to;
    report_.records = to;
    if (progress) progress(to, last);
  }
  kept_ = codec::Hex(keeping_.Finish());
  for (; next_outside_ < outside_.size(); ++next_outside_) {
    const Note& note = outside_[next_outside_];
    if (note.origin != "kubescribe.dev/" + report_.file.file_id) continue;
    findings_.Altered(
        0, fmt::format("the checkpoint covers {} records and the file ends "
                       "with {}: some were removed, or it is an older copy",
                       note.size, last));
  }
  return {};
}

void Records::LoadCheckpoints(Seq after, Seq to) {
  stored_.clear();
  next_stored_ = 0;
  Query rows(snapshot_.db(),
             "SELECT size, root, note FROM checkpoint WHERE size > ? "
             "AND size <= ? ORDER BY size");
  rows.Bind(after, to);
  while (rows.Step()) {
    stored_.push_back({rows.Int(0), std::string(rows.Blob(1)), rows.Text(2)});
  }
}

void Records::Range(Seq after, Seq to) {
  static const std::string records_sql = fmt::format(
      "SELECT {} FROM record WHERE seq > ? AND seq <= ? ORDER BY seq",
      kRecordLeafColumns);
  LoadCheckpoints(after, to);
  bodies_ = 0;
  Revisions revisions(snapshot_.db(), snapshot_.info().schema_version, after,
                      to);
  Query records(snapshot_.db(), records_sql.c_str());
  records.Bind(after, to);
  bool more_revisions = revisions.Step();
  bool more_records = records.Step();
  snapshot_.bodies().Scan(after, to);
  for (Seq seq = after + 1; seq <= to; ++seq) {
    const bool revision = more_revisions && revisions.row().seq == seq;
    const bool record = more_records && records.Int(0) == seq;
    if (revision && record) {
      findings_.Altered(seq,
                        "it is there twice, as a revision and as a record");
    }
    if (revision) {
      Revision(revisions.row());
    } else if (record) {
      Record(records);
    } else {
      Missing(seq);
    }
    if (revision) more_revisions = revisions.Step();
    if (record) more_records = records.Step();
  }
  leaves_.Flush();
  if (snapshot_.bodies().EndScan() != bodies_) {
    findings_.Altered(0, fmt::format("records {} to {} have bodies that belong "
                                     "to none of them",
                                     after + 1, to));
  }
}

std::string_view Records::Body(Seq seq) {
  std::string_view body;
  std::string damage;
  try {
    const std::string* bytes = snapshot_.bodies().View(seq);
    if (bytes == nullptr) return body;
    body = *bytes;
  } catch (const SQLite::Exception&) {
    throw;
  } catch (const std::exception& exception) {
    damage = exception.what();
  }
  ++bodies_;
  report_.bytes += body.size();
  if (!damage.empty()) {
    findings_.Altered(seq, "its body is damaged: " + damage);
  }
  return body;
}

void Records::CheckSalt(Seq seq, std::string_view salt) {
  if (salt.size() != Salts::kSize) {
    findings_.Altered(seq, "its salt is not of 16 bytes");
  }
}

void Records::Missing(Seq seq) {
  if (prunes_.MayLack(seq)) {
    ++derived_.pruned;
  } else {
    findings_.Altered(seq, "it is missing");
  }
  leaves_.AddHash(tiles_.At(0, seq - 1).value_or(Hash{}));
}

void Records::Revision(const RevisionRow& row) {
  const Seq seq = row.seq;
  if (seq <= prunes_.kept_up_to()) keeping_.Update(SeqBytes(seq));
  const std::string_view body = Body(seq);
  const std::string_view salt = salts_.Of(seq, row.salt);
  CheckSalt(seq, salt);
  if (row.not_before && *row.not_before < row.recorded_at) {
    derived_.doubts.Add(row.stream, *row.not_before, row.recorded_at);
  }
  if (row.source == kWatch) {
    const std::string_view rv = row.rv;
    Derived::Watched& watched = derived_.watched[{row.stream, row.epoch}];
    if (IsNumber(rv) && LessRv(watched.highest, rv)) {
      watched.before.swap(watched.highest);
      watched.highest = rv;
    } else if (IsNumber(rv) && rv != watched.highest &&
               LessRv(watched.before, rv)) {
      watched.before = rv;
    }
  }
  leaves_.AddRevision(row, salt, objects_.Add(row),
                      snapshot_.Stream(row.stream), body);
  if (IsGone(row.event)) snapshot_.bodies().Drop();
}

void Records::Record(const Query& row) {
  const Seq seq = row.Int(0);
  const std::string_view payload = Body(seq);
  CheckSalt(seq, row.Blob(4));
  const Micros recorded_at = row.Int(1);
  const std::string_view kind = row.Blob(2);
  const std::string_view detail = row.Blob(3);
  const std::int64_t stream = row.Int(5);
  // Checkpoints before it are signed by the key before it.
  if (kind == "key") leaves_.Flush();
  leaves_.AddRecord(row, stream == 0 ? nullptr : &snapshot_.Stream(stream),
                    payload);
  if (kind == "gap") {
    Gap(seq, stream, detail);
  } else if (kind == "epoch") {
    Epoch(seq, stream, recorded_at, detail);
  } else if (kind == "clock") {
    Clock(detail);
  } else if (kind == "key") {
    keys_.Add(seq, detail, findings_);
  } else if (kind == "discovery") {
    Discovery(payload);
  } else if (kind == "prune") {
    derived_.doubts.AddPrune();
  } else if (kind == "pruned") {
    derived_.doubts.AddPruned(Parse(detail), payload, seq, findings_);
  } else if (kind == "import") {
    derived_.doubts.AddImport(Parse(detail), payload, seq, findings_);
  }
}

void Records::OnNode(int height, std::int64_t index, const Hash& hash) {
  if (height % 8 != 0) return;
  const int level = height / 8;
  const std::int64_t leaves = std::int64_t{1} << height;
  if ((index + 1) * leaves > logged_) return;
  if (tiles_.At(level, index) == hash) return;
  if (level == 0) {
    findings_.Altered(index + 1, kNotRecorded);
  } else {
    findings_.Altered(0, fmt::format("the log's hash over records {} to {} is "
                                     "not theirs",
                                     index * leaves + 1, (index + 1) * leaves));
  }
}

// -- checkpoints

void Records::CheckCheckpoints() {
  const std::int64_t size = tree_.size();
  const bool stored =
      next_stored_ < stored_.size() && stored_[next_stored_].size == size;
  const bool outside =
      next_outside_ < outside_.size() && outside_[next_outside_].size <= size;
  if (!stored && !outside) return;
  const Hash root = tree_.Root();
  if (stored) CheckStored(stored_[next_stored_++], root);
  while (next_outside_ < outside_.size() &&
         outside_[next_outside_].size <= size) {
    CheckOutside(outside_[next_outside_++], root);
  }
}

void Records::CheckStored(const Stored& stored, const Hash& root) {
  ++report_.checkpoints;
  const auto altered = [&](const std::string& what) {
    findings_.Altered(0, fmt::format("the file's checkpoint of {} records {}",
                                     stored.size, what));
  };
  const auto notes = ParseNotes(stored.note);
  if (!notes.ok() || notes->size() != 1) return altered("is no checkpoint");
  const Note& note = notes->front();
  if (note.origin != "kubescribe.dev/" + report_.file.file_id ||
      note.size != stored.size ||
      stored.root != codec::AsText(std::span<const std::uint8_t>(note.root))) {
    return altered("says something else than its row");
  }
  const codec::Ed25519Public* key = keys_.current();
  if (key == nullptr || !SignedBy(note, *key)) {
    return altered("is not signed by the key of then");
  }
  if (note.root != root) {
    return altered(fmt::format(
        "does not cover these: something between record {} and {} was changed",
        good_up_to_ + 1, stored.size));
  }
  good_up_to_ = stored.size;
  if (keys_.current_is_trusted()) vouched_ = stored.size;
  if (anchor_line_ == keys_.line()) anchored_by_key_ = stored.size;
}

void Records::CheckOutside(const Note& note, const Hash& root) {
  const std::string origin = "kubescribe.dev/" + report_.file.file_id;
  if (note.size == 0) return;
  const bool same = note.root == root;
  if (note.origin != origin) {
    if (!same) return;
    findings_.Altered(0, fmt::format("the file is called {}, and {} in the "
                                     "checkpoint that covers it",
                                     origin, note.origin));
    return;
  }
  if (!same) {
    findings_.Altered(
        0, fmt::format("its first {} records are not those that the checkpoint "
                       "covers: something between record {} and {} was changed",
                       note.size, good_up_to_ + 1, note.size));
    return;
  }
  good_up_to_ = std::max(good_up_to_, note.size);
  report_.anchored = std::max(report_.anchored, note.size);
  anchored_by_key_ = std::max(anchored_by_key_, note.size);
  anchor_line_.reset();
  const codec::Ed25519Public* key = keys_.current();
  if (key != nullptr && SignedBy(note, *key)) anchor_line_ = keys_.line();
}

// -- what is repeated elsewhere

void Records::Gap(Seq seq, std::int64_t stream, std::string_view text) {
  Query row(snapshot_.db(),
            "SELECT stream_id, cause, from_rv, to_rv, from_at, to_at, changed, "
            "appeared, vanished FROM gap WHERE seq = ?");
  if (!row.Bind(seq).Step()) {
    findings_.Altered(seq, "the gap that it recorded is missing in `gap`");
    return;
  }
  const json detail = Parse(text);
  const auto from_at = row.OptionalInt(4);
  const bool from_said = detail.is_object() && detail.contains("from_at");
  bool same = row.Int(0) == stream && row.Text(1) == TextIn(detail, "cause") &&
              row.Text(2) == TextIn(detail, "from_rv") &&
              row.Text(3) == TextIn(detail, "to_rv") &&
              from_at.has_value() == from_said &&
              from_at.value_or(0) == NumberIn(detail, "from_at");
  int column = 5;
  for (const char* key : {"to_at", "changed", "appeared", "vanished"}) {
    same = same && row.Int(column++) == NumberIn(detail, key);
  }
  if (!same) {
    findings_.Altered(seq, "its row in `gap` says something else than it");
  }
}

void Records::Epoch(Seq seq, std::int64_t stream, Micros recorded_at,
                    std::string_view text) {
  const json detail = Parse(text);
  Query row(snapshot_.db(),
            "SELECT stream_id, cause, began_at, seq FROM epoch WHERE id = ?");
  if (!row.Bind(NumberIn(detail, "epoch")).Step() || row.Int(0) != stream ||
      row.Text(1) != TextIn(detail, "cause") || row.Int(2) != recorded_at ||
      row.Int(3) != seq) {
    findings_.Altered(seq, "its row in `epoch` says something else than it");
  }
}

void Records::Clock(std::string_view text) {
  const json detail = Parse(text);
  if (NumberIn(detail, "step") >= 0) return;
  derived_.doubts.Add(0, NumberIn(detail, "to"), NumberIn(detail, "from"));
}

void Records::Discovery(std::string_view payload) {
  const auto discovery = kube::Discovery::FromJson(payload);
  if (!discovery.ok()) return;
  for (const kube::ResourceInfo& info : discovery->resources) {
    derived_.kinds[{info.group, info.resource}].emplace(info.kind,
                                                        info.namespaced);
  }
}

}  // namespace kubescribe::verify
