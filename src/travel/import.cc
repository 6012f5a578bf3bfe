#include "travel/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/new_file.h"
#include "base/test_switches.h"
#include "codec/digest.h"
#include "store/importer.h"
#include "travel/input.h"
#include "travel/lines.h"

namespace kubescribe::travel {
namespace {

using store::Seq;

constexpr std::int64_t kLinesAProgress = 1000;

// An error of the store, on its way through what throws.
struct Failed {
  Error error;
};

void Must(const Status& status) {
  if (!status.ok()) throw Failed{status.error()};
}

template <typename T>
T Must(Result<T> result) {
  if (!result.ok()) throw Failed{result.error()};
  return *std::move(result);
}

// Shorter numbers are less.
bool IsLessRv(const std::string& a, const std::string& b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

// 8 bytes, big-endian.
std::array<std::uint8_t, 8> BytesOf(Seq seq) {
  std::array<std::uint8_t, 8> bytes{};
  auto rest = static_cast<std::uint64_t>(seq);
  for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte, rest >>= 8) {
    *byte = static_cast<std::uint8_t>(rest & 0xff);
  }
  return bytes;
}

class Reading {
 public:
  Reading(std::string from, Input& input, const ImportOptions& options)
      : from_(std::move(from)), input_(input), options_(options) {}

  Result<Imported> Run(const std::string& partial) {
    try {
      Begin(partial);
      while (!ended_) OneLine();
      Finish();
      Imported done;
      done.cluster = head_.info.cluster;
      done.records = importer_->last_seq();
      done.whole = head_.whole;
      return done;
    } catch (const Failed& failed) {
      const Error& error = failed.error;
      // What the store says of rows says nothing of where they came from.
      if (error.code() == Code::kCorruption &&
          !error.message().starts_with(from_)) {
        return Altered(error.message());
      }
      return error;
    } catch (const std::exception& exception) {
      return Altered(exception.what());
    }
  }

 private:
  Error Altered(const std::string& why) const {
    return Error(Code::kCorruption,
                 fmt::format("{}: line {} is not as it was written: {}: it was "
                             "altered, or damaged on its way; export it again",
                             from_, lines_ + 1, why));
  }

  std::string NextLine() {
    std::optional<std::string> line = Must(input_.Line());
    if (!line) {
      throw Failed{
          Error(Code::kCorruption,
                fmt::format("{}: it is cut off: its end is missing", from_))};
    }
    return *std::move(line);
  }

  void Begin(const std::string& partial) {
    Result<Head> head = ReadHead(NextLine());
    if (!head.ok()) throw Failed{head.error().Wrap(from_)};
    head_ = *std::move(head);
    ++lines_;
    if (!head_.whole) {
      std::array<std::uint8_t, 16> id{};
      options_.random->Fill(id);
      source_id_ = std::exchange(head_.info.file_id,
                                 codec::Hex(std::span<const std::uint8_t>(id)));
    }
    importer_ = Must(store::Importer::Start(partial, head_.info));
  }

  void OneLine() {
    const Json line = Json::parse(NextLine());
    if (!line.is_object() || line.size() != 1) {
      throw std::runtime_error("it is no object of one member");
    }
    const std::string& name = line.begin().key();
    const Json& value = line.begin().value();
    static const std::map<std::string, void (Reading::*)(const Json&)> kLines =
        {{"resource", &Reading::Resource},
         {"stream", &Reading::Stream},
         {"object", &Reading::Object},
         {"revision", &Reading::Revision},
         {"record", &Reading::Record},
         {"missing", &Reading::MissingOnes},
         {"doubt", &Reading::Doubt},
         {"pruned", &Reading::Pruned},
         {"pruned_rv", &Reading::OnePrunedRv},
         {"pruned_object", &Reading::OnePrunedObject},
         {"checkpoint", &Reading::Checkpoint},
         {"end", &Reading::TheEnd}};
    const auto known = kLines.find(name);
    if (known == kLines.end()) {
      throw std::runtime_error("\"" + name + "\" is nothing that is known");
    }
    (this->*known->second)(value);
    ++lines_;
    if (lines_ % kLinesAProgress == 0) {
      KUBESCRIBE_KILL_POINT("import.lines");
      if (options_.progress) options_.progress(input_.done(), input_.size());
    }
  }

  // The id here of a row that the file calls so.
  static std::int64_t Here(const std::map<std::int64_t, std::int64_t>& ids,
                           std::int64_t id, const char* what) {
    const auto at = ids.find(id);
    if (at == ids.end()) {
      throw std::runtime_error(fmt::format("no {} has the id {}", what, id));
    }
    return at->second;
  }
  std::int64_t StreamHere(std::int64_t id) const {
    return id == 0 ? 0 : Here(streams_, id, "stream");
  }

  void Resource(const Json& value) {
    const store::ResourceRow row = ReadResource(value);
    resources_[row.id] = Must(importer_->AddResource(row));
    names_[row.id] = row.resource + (row.group.empty() ? "" : "." + row.group);
  }

  void Stream(const Json& value) {
    store::StreamRow row = ReadStream(value);
    row.resource_id = Here(resources_, row.resource_id, "resource");
    const std::int64_t here = Must(importer_->AddStream(row));
    streams_[row.id] = here;
    kinds_[here] = row.resource_id;
    if (head_.since && Counts(row.position)) {
      Raise({row.resource_id, row.epoch}, row.position);
    }
  }

  void Object(const Json& value) {
    store::ObjectRow row = ReadObject(value);
    row.resource_id = Here(resources_, row.resource_id, "resource");
    row.stream_id = StreamHere(row.stream_id);
    Must(importer_->AddObject(row));
  }

  // Of a whole file every record has the seq that it had.
  void ExpectSeq(Seq seq) const {
    if (seq <= last_seq_) {
      throw std::runtime_error(
          fmt::format("record {} follows record {}", seq, last_seq_));
    }
    if (head_.whole && seq != importer_->last_seq() + 1) {
      throw std::runtime_error(fmt::format("record {} where record {} must be",
                                           seq, importer_->last_seq() + 1));
    }
  }

  std::string BodyOf(const Leaf& leaf) {
    return leaf.bytes == 0 ? std::string() : Must(input_.Body(leaf.bytes));
  }

  void Revision(const Json& value) {
    store::Revision revision = ReadRevision(value);
    const Leaf leaf = ReadLeaf(value);
    ExpectSeq(revision.seq);
    last_seq_ = revision.seq;
    revision.stream_id = StreamHere(revision.stream_id);
    const std::string body = BodyOf(leaf);
    Must(importer_->AddRevision(revision, leaf.salt, body, leaf.damaged));
    recorded_until_ = std::max(recorded_until_, revision.recorded_at);
    if (head_.whole) return;
    kept_.Update(BytesOf(importer_->last_seq()));
    last_revision_ = importer_->last_seq();
    NoteRv(revision);
  }

  void Record(const Json& value) {
    store::Record record = ReadRecord(value);
    const Leaf leaf = ReadLeaf(value);
    ExpectSeq(record.seq);
    last_seq_ = record.seq;
    record.stream_id = StreamHere(record.stream_id);
    const std::string payload = BodyOf(leaf);
    Must(importer_->AddRecord(record, leaf.salt, payload, leaf.damaged));
    recorded_until_ = std::max(recorded_until_, record.recorded_at);
  }

  void MissingOnes(const Json& value) {
    const Missing missing = ReadMissing(value);
    if (!head_.whole) throw std::runtime_error("a part has no such lines");
    for (std::size_t i = 0; i < missing.hashes.size(); ++i) {
      ExpectSeq(missing.seq + static_cast<Seq>(i));
      last_seq_ = missing.seq + static_cast<Seq>(i);
      Must(importer_->AddMissing(missing.hashes[i]));
    }
  }

  void Doubt(const Json& value) {
    store::Doubt row = ReadDoubt(value);
    row.stream_id = StreamHere(row.stream_id);
    doubts_.push_back(row);
  }

  void Pruned(const Json& value) {
    store::PrunedRow row = ReadPruned(value);
    if (!head_.whole) {
      cuts_.push_back(std::move(row));
      return;
    }
    for (std::int64_t& id : row.resources) {
      id = Here(resources_, id, "resource");
    }
    Must(importer_->AddPrune(row));
  }

  void OnePrunedRv(const Json& value) {
    store::PrunedRv row = ReadPrunedRv(value);
    row.resource_id = Here(resources_, row.resource_id, "resource");
    if (head_.whole) {
      Must(importer_->AddPrunedRv(row));
    } else {
      Raise({row.resource_id, row.epoch}, row.rv);
    }
  }

  void OnePrunedObject(const Json& value) {
    store::PrunedObjectRow row = ReadPrunedObject(value);
    // Numbers of the original say nothing here.
    if (!head_.whole) row.before_seq = last_revision_;
    Must(importer_->AddPrunedObject(row));
  }

  void Checkpoint(const Json& value) {
    if (!head_.whole) throw std::runtime_error("a part has no checkpoints");
    Must(importer_->AddCheckpoint(ReadCheckpoint(value)));
  }

  void TheEnd(const Json& value) {
    end_ = ReadEnd(value);
    ended_ = true;
    if (end_.lines != lines_) {
      throw std::runtime_error(fmt::format("{} lines before it, and it says {}",
                                           lines_, end_.lines));
    }
    if (input_.DigestBeforeLastLine() != end_.sha256) {
      throw std::runtime_error("the digest of what comes before is another");
    }
    Must(input_.ExpectEnd());
  }

  void Finish() {
    Must(importer_->ForgetDoubts());
    for (const store::Doubt& doubt : doubts_) Must(importer_->AddDoubt(doubt));
    if (head_.whole) {
      FinishWhole();
    } else {
      FinishPart();
    }
  }

  void FinishWhole() {
    if (importer_->last_seq() != head_.info.last_seq) {
      throw std::runtime_error(fmt::format(
          "{} records of {}", importer_->last_seq(), head_.info.last_seq));
    }
    if (end_.root && importer_->Root() != *end_.root) {
      throw std::runtime_error(
          "the log over its records is not the one that they were under");
    }
    Must(importer_->Finish(head_.info.known_until));
  }

  // -- a part

  // Numbers that compare.
  static bool Counts(const std::string& rv) {
    return !rv.empty() &&
           rv.find_first_not_of("0123456789") == std::string::npos;
  }

  // Below what is here, nothing is known by resourceVersion.
  void NoteRv(const store::Revision& revision) {
    const std::string& rv =
        revision.rv.empty() ? revision.list_rv : revision.rv;
    if (!head_.since || !Counts(rv)) return;
    Raise({Here(kinds_, revision.stream_id, "stream"), revision.epoch}, rv);
  }

  void Raise(const std::pair<std::int64_t, std::int64_t>& key,
             const std::string& rv) {
    std::string& highest = rvs_[key];
    if (highest.empty() || IsLessRv(highest, rv)) highest = rv;
  }

  Seq AddOwnRecord(const std::string& kind, const Json& detail,
                   std::string_view payload = {}) {
    store::Record record;
    record.kind = kind;
    record.recorded_at = recorded_until_;
    record.detail = detail.dump();
    store::Salt salt{};
    options_.random->Fill(salt);
    Must(importer_->AddRecord(record, salt, payload, std::nullopt));
    return importer_->last_seq();
  }

  void FinishPart() {
    const Micros known = head_.info.known_until;
    // No later than the original was, whatever its clock did before.
    recorded_until_ =
        std::min(known, std::max(recorded_until_, head_.until.value_or(known)));
    Json detail;
    detail["file_id"] = source_id_;
    detail["last_seq"] = head_.info.last_seq;
    detail["selection"] = head_.selection;
    detail["cluster"] = head_.info.cluster;
    detail["identity"] = head_.info.identity;
    if (head_.info.identity_weak) detail["identityWeak"] = true;
    // Some are of revisions that are no part of it.
    detail["doubts"] = 0;
    AddOwnRecord("import", detail, Must(importer_->Doubts()));
    if (head_.since) {
      store::PrunedRow since;
      since.before_at = head_.since;
      since.reason = "asked";
      cuts_.push_back(std::move(since));
    }
    std::vector<Seq> prunes;
    prunes.reserve(cuts_.size());
    for (store::PrunedRow& cut : cuts_) prunes.push_back(AddCut(cut));
    const std::string kept = codec::Hex(kept_.Finish());
    for (const Seq prune : prunes) {
      Json end;
      end["prune"] = prune;
      end["revisions"] = 0;
      end["objects"] = 0;
      end["bytes"] = 0;
      end["up_to"] = last_revision_;
      end["kept"] = kept;
      AddOwnRecord("pruned", end);
    }
    for (const auto& [key, rv] : rvs_) {
      Must(importer_->AddPrunedRv({key.first, key.second, rv}));
    }
    Must(importer_->Finish(recorded_until_));
  }

  // What is not here is as what was pruned: its record, and its row.
  Seq AddCut(store::PrunedRow& cut) {
    Json detail;
    detail["reason"] = cut.reason;
    if (cut.keep) {
      detail["keep"] = *cut.keep;
      cut.before_seq.reset();
    } else {
      cut.before_seq = last_revision_;
      detail["before"] = cut.before_at.value_or(0);
      detail["seq"] = last_revision_;
    }
    for (std::int64_t& id : cut.resources) {
      const std::int64_t here = Here(resources_, id, "resource");
      detail["resources"].push_back(names_[id]);
      id = here;
    }
    detail["last"] = importer_->last_seq();
    cut.seq = AddOwnRecord("prune", detail);
    cut.revisions = cut.objects = cut.bytes = cut.at_object = 0;
    cut.done = true;
    Must(importer_->AddPrune(cut));
    return cut.seq;
  }

  const std::string from_;
  Input& input_;
  const ImportOptions& options_;
  Head head_;
  std::string source_id_;
  End end_;
  bool ended_ = false;
  std::int64_t lines_ = 0;
  std::unique_ptr<store::Importer> importer_;
  // Ids here, by those in the export.
  std::map<std::int64_t, std::int64_t> resources_;
  std::map<std::int64_t, std::string> names_;
  std::map<std::int64_t, std::int64_t> streams_;
  Seq last_seq_ = 0;
  Micros recorded_until_ = 0;
  std::vector<store::Doubt> doubts_;

  // Of a part.
  std::map<std::int64_t, std::int64_t> kinds_;  // of streams, by the id here
  std::vector<store::PrunedRow> cuts_;
  std::map<std::pair<std::int64_t, std::int64_t>, std::string> rvs_;
  codec::Sha256 kept_;  // over the seqs of revisions
  Seq last_revision_ = 0;
};

// What lies beside a name is taken by SQLite for a part of what has the name.
Status ExpectNothingBeside(const std::string& to) {
  for (const char* rest : {"-wal", "-journal", "-shm"}) {
    std::error_code ignored;
    if (!std::filesystem::exists(to + rest, ignored)) continue;
    return Error(Code::kConflict,
                 fmt::format("{}{}: it is of another database of this name: "
                             "move it away, or choose another name",
                             to, rest));
  }
  return {};
}

}  // namespace

Result<Imported> Import(const std::string& from, const std::string& to,
                        const ImportOptions& options) {
  if (Status free = ExpectNothingBeside(to); !free.ok()) return free.error();
  Result<std::unique_ptr<Input>> input = Input::Open(from);
  if (!input.ok()) return input.error();
  Result<std::unique_ptr<NewFile>> file = NewFile::Start(to);
  if (!file.ok()) return file.error();
  Result<Imported> done =
      Reading(from, **input, options).Run((*file)->partial());
  if (!done.ok()) return done.error();
  if (Status named = (*file)->Finish(); !named.ok()) return named.error();
  return done;
}

}  // namespace kubescribe::travel
