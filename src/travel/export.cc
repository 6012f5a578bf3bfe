#include "travel/export.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <unordered_set>
#include <utility>

#include "base/new_file.h"
#include "base/test_switches.h"
#include "codec/digest.h"
#include "codec/zstd_stream.h"
#include "store/reader.h"
#include "travel/lines.h"
#include "travel/picks.h"

namespace kubescribe::travel {
namespace {

using store::Reader;
using store::Seq;

constexpr std::size_t kRange = 1000;
constexpr std::size_t kHashes = 256;
constexpr std::size_t kBodies = std::size_t{16} << 20;
// No snapshot of a file that is recorded is held for long (reader.h).
constexpr Micros kSnapshot = kSecond;
// Objects whose lines were written last, of a part.
constexpr std::size_t kMostWritten = 100000;

// Lines and bodies into a file, with the digest of all of it.
class Output {
 public:
  static Result<std::unique_ptr<Output>> Start(const std::string& path) {
    Result<std::unique_ptr<NewFile>> file = NewFile::Start(path);
    if (!file.ok()) return file.error();
    return std::make_unique<Output>(*std::move(file), path.ends_with(".zst"));
  }
  Output(std::unique_ptr<NewFile> file, bool packed) : file_(std::move(file)) {
    if (packed) deflater_ = std::make_unique<codec::Deflater>();
  }

  Status Line(const std::string& line) {
    ++lines_;
    if (Status put = Put(line); !put.ok()) return put;
    return Put("\n");
  }
  // Not counted as a line.
  Status Body(const std::string& body) {
    if (Status put = Put(body); !put.ok()) return put;
    return Put("\n");
  }

  Status Finish(const std::optional<store::LogHash>& root) {
    End end;
    end.lines = lines_;
    end.root = root;
    end.sha256 = codec::Hex(sha_.Finish());
    if (Status put = Line(travel::Line(end)); !put.ok()) return put;
    if (Status flushed = Flush(); !flushed.ok()) return flushed;
    if (deflater_ != nullptr) {
      if (Status put = file_->Write(deflater_->End()); !put.ok()) return put;
    }
    KUBESCRIBE_KILL_POINT("export.written");
    return file_->Finish();
  }

 private:
  Status Put(std::string_view bytes) {
    constexpr std::size_t kBuffer = std::size_t{256} << 10;
    sha_.Update(bytes);
    buffer_ += bytes;
    return buffer_.size() < kBuffer ? Status() : Flush();
  }
  Status Flush() {
    Status put = file_->Write(deflater_ != nullptr ? deflater_->Add(buffer_)
                                                   : std::string_view(buffer_));
    buffer_.clear();
    // One large body must not be paid for ever after.
    if (buffer_.capacity() > kBodies) buffer_.shrink_to_fit();
    return put;
  }

  std::unique_ptr<NewFile> file_;
  std::unique_ptr<codec::Deflater> deflater_;
  std::string buffer_;
  codec::Sha256 sha_;
  std::int64_t lines_ = 0;
};

using PruneState = std::vector<std::pair<Seq, std::array<std::int64_t, 5>>>;

PruneState StateOf(const std::vector<store::PrunedRow>& prunes) {
  PruneState state;
  for (const store::PrunedRow& row : prunes) {
    state.emplace_back(row.seq, std::array<std::int64_t, 5>{
                                    row.revisions, row.objects, row.bytes,
                                    row.at_object, row.done ? 1 : 0});
  }
  return state;
}

// When a gap began; none: nothing was known before it.
std::optional<Micros> BeginOfGap(const std::string& detail) {
  const auto json = nlohmann::json::parse(detail, nullptr, false);
  if (!json.is_object() || !json.contains("from_at") ||
      !json["from_at"].is_number_integer()) {
    return std::nullopt;
  }
  return json["from_at"].get<Micros>();
}

class Exporter {
 public:
  Exporter(std::string path, const ExportRequest& request, Output& out)
      : path_(std::move(path)), request_(request), out_(out) {}

  Result<Exported> Run() {
    for (const auto step :
         {&Exporter::Begin, &Exporter::Records, &Exporter::Tail}) {
      if (Status done = (this->*step)(); !done.ok()) return done.error();
    }
    return std::move(done_);
  }

 private:
  // A snapshot for the next questions.
  Status Renew() {
    if (reader_ != nullptr && SystemClock().Mono() < opened_ + kSnapshot) {
      return {};
    }
    reader_.reset();
    Result<std::unique_ptr<Reader>> reader = Reader::Open(path_, bodies_);
    if (!reader.ok()) return reader.error();
    reader_ = *std::move(reader);
    opened_ = SystemClock().Mono();
    return {};
  }

  // Everything but records and objects is small, and of one snapshot.
  Status Begin() {
    if (Status open = Renew(); !open.ok()) return open;
    info_ = reader_->info();
    done_.last_seq = info_.last_seq;
    done_.whole = request_.whole();
    done_.file_warnings = reader_->warnings();
    auto picks = Picks::Make(*reader_, request_);
    if (!picks.ok()) return picks.error();
    picks_ = std::make_unique<Picks>(*std::move(picks));
    auto doubts = reader_->Doubts(0);
    if (!doubts.ok()) return doubts.error();
    doubts_ = *std::move(doubts);
    auto prunes = reader_->Prunes();
    if (!prunes.ok()) return prunes.error();
    prunes_ = *std::move(prunes);
    auto rvs = reader_->PrunedRvs();
    if (!rvs.ok()) return rvs.error();
    rvs_ = *std::move(rvs);
    auto last_object = reader_->LastObject();
    if (!last_object.ok()) return last_object.error();
    last_object_ = *last_object;
    if (done_.whole) {
      auto root = reader_->RootAt(info_.last_seq);
      if (!root.ok()) return root.error();
      root_ = *root;
    }
    return Opening();
  }

  Status Opening() {
    Head head;
    head.info = info_;
    head.whole = done_.whole;
    head.selection = picks_->selection();
    if (Status put = out_.Line(Line(head)); !put.ok()) return put;
    for (const auto& row : picks_->resources()) {
      if (Status put = out_.Line(Line(row)); !put.ok()) return put;
    }
    for (const auto& row : picks_->streams()) {
      if (Status put = out_.Line(Line(row)); !put.ok()) return put;
    }
    return {};
  }

  Status Records() { return done_.whole ? AllRecords() : PickedRecords(); }

  void Progress(Seq seq) const {
    if (request_.progress) request_.progress(seq, info_.last_seq);
  }

  // -- a whole file

  Status AllRecords() {
    for (std::int64_t after = 0; after < last_object_;) {
      if (Status open = Renew(); !open.ok()) return open;
      const auto objects = reader_->Objects(after, last_object_, kRange);
      if (!objects.ok()) return objects.error();
      if (objects->empty()) break;
      for (const store::ObjectRow& row : *objects) {
        if (Status put = out_.Line(Line(Held(row))); !put.ok()) return put;
      }
      after = objects->back().id;
    }
    for (Seq after = 0; after < info_.last_seq;) {
      if (Status open = Renew(); !open.ok()) return open;
      const auto batch = reader_->Records(after, info_.last_seq, kRange);
      if (!batch.ok()) return batch.error();
      // Behind the last row of all there may be such as are missing.
      const Seq to = batch->last > after ? batch->last : info_.last_seq;
      if (Status put = Range(*batch, after, to); !put.ok()) return put;
      after = to;
      Progress(after);
      KUBESCRIBE_KILL_POINT("export.range");
    }
    return {};
  }

  // An object that came to another stream since is held by one that is not
  // among these.
  store::ObjectRow Held(store::ObjectRow row) const {
    if (picks_->HasStream(row.stream_id)) return row;
    for (const store::StreamRow& stream : picks_->streams()) {
      if (stream.resource_id == row.resource_id) {
        row.stream_id = stream.id;
        break;
      }
    }
    return row;
  }

  Status Range(const Reader::Batch& batch, Seq after, Seq to) {
    auto revision = batch.revisions.begin();
    auto record = batch.records.begin();
    for (Seq seq = after + 1; seq <= to;) {
      // In an altered file one may be there twice.
      while (revision != batch.revisions.end() && revision->seq < seq) {
        ++revision;
      }
      while (record != batch.records.end() && record->seq < seq) ++record;
      Status put;
      if (revision != batch.revisions.end() && revision->seq == seq) {
        put = PutRevision(*revision++);
      } else if (record != batch.records.end() && record->seq == seq) {
        put = PutRecord(*record++);
      } else {
        Seq end = to;
        if (revision != batch.revisions.end()) {
          end = std::min(end, revision->seq - 1);
        }
        if (record != batch.records.end()) {
          end = std::min(end, record->seq - 1);
        }
        put = PutMissing(seq, end);
        seq = end;
      }
      if (!put.ok()) return put;
      ++seq;
      // Bodies may take long; what is read is in the hand already.
      if (Status open = Renew(); !open.ok()) return open;
    }
    return {};
  }

  Status PutMissing(Seq from, Seq to) {
    for (; from <= to; from += static_cast<Seq>(kHashes)) {
      const Seq end = std::min(to, from + static_cast<Seq>(kHashes) - 1);
      const auto known = reader_->LeafHashesOf(from, end);
      if (!known.ok()) return known.error();
      std::vector<store::LogHash> hashes;
      for (const auto& hash : *known) {
        if (!hash) {
          return Error(
              Code::kCorruption,
              fmt::format("{}: record {} is missing, and nothing stands for it "
                          "in the log: see what `kubescribe verify` says",
                          path_, from + static_cast<Seq>(hashes.size())));
        }
        hashes.push_back(*hash);
      }
      if (Status put = out_.Line(Line(from, hashes)); !put.ok()) return put;
    }
    return {};
  }

  // -- one record

  // The bytes, and what the line says of them.
  Result<std::pair<Leaf, std::string>> LeafOf(Seq seq) {
    Leaf leaf;
    auto salt = reader_->SaltOf(seq);
    if (!salt.ok()) return salt.error();
    leaf.salt = *salt;
    Result<std::string> body = reader_->Payload(seq);
    if (!body.ok() && body.error().code() != Code::kCorruption) {
      return body.error();
    }
    if (body.ok()) {
      leaf.bytes = body->size();
      return std::pair(leaf, *std::move(body));
    }
    done_.damaged.push_back(body.error().message());
    leaf.damaged = store::LogHash{};  // which nothing fits
    if (done_.whole) {
      const auto hash = reader_->LeafHashesOf(seq, seq);
      if (!hash.ok()) return hash.error();
      if (hash->front()) leaf.damaged = *hash->front();
    }
    return std::pair(leaf, std::string());
  }

  template <typename Row>
  Status Put(const Row& row) {
    auto leaf = LeafOf(row.seq);
    if (!leaf.ok()) return leaf.error();
    std::string line;
    try {
      line = Line(row, leaf->first);
    } catch (const nlohmann::json::exception&) {
      return Error(Code::kCorruption,
                   fmt::format("{}: record {} has texts that are none: see "
                               "what `kubescribe verify` says",
                               path_, row.seq));
    }
    if (Status put = out_.Line(line); !put.ok()) return put;
    return leaf->first.bytes == 0 ? Status() : out_.Body(leaf->second);
  }
  Status PutRevision(const store::Revision& revision) {
    ++done_.revisions;
    return Put(revision);
  }
  Status PutRecord(const store::Record& record) {
    ++done_.records;
    return Put(record);
  }

  // -- a part

  Status PickedRecords() {
    if (Status found = FindBaselines(); !found.ok()) return found;
    if (picks_->by_labels()) {
      std::unordered_set<std::int64_t> ids;
      Status looked = Walk([&](const store::Revision& revision) -> Status {
        if (ids.contains(revision.object_id)) return {};
        const auto body = reader_->Body(revision.seq);
        if (!body.ok() && body.error().code() != Code::kCorruption) {
          return body.error();
        }
        if (body.ok() && picks_->labels().MatchesObject(*body)) {
          ids.insert(revision.object_id);
        }
        return {};
      });
      if (!looked.ok()) return looked;
      picks_->SetLabelled(std::move(ids));
    }
    Status walked = Walk([&](const store::Revision& revision) -> Status {
      if (Status put = RecordsBefore(revision.seq); !put.ok()) return put;
      if (Status put = PutObject(revision); !put.ok()) return put;
      Progress(revision.seq);
      return PutRevision(revision);
    });
    if (!walked.ok()) return walked;
    return RecordsBefore(info_.last_seq + 1);
  }

  // What stands for the time before --since, and where the walk begins.
  Status FindBaselines() {
    if (Status open = Renew(); !open.ok()) return open;
    if (Status found = FindDiscovery(); !found.ok()) return found;
    if (!request_.since) return {};
    store::AsOf as_of;
    as_of.at = *request_.since;
    auto state = reader_->StateAt(picks_->filter(), as_of);
    if (!state.ok()) return state.error();
    for (store::Revision& revision : *state) {
      if (revision.changed_at < *request_.since && picks_->Has(revision)) {
        baselines_.push_back(std::move(revision));
      }
    }
    std::sort(baselines_.begin(), baselines_.end(),
              [](const auto& a, const auto& b) { return a.seq < b.seq; });
    // What changed later was recorded later, unless the clock was set back.
    const auto clock = reader_->NewestRecord("clock");
    if (!clock.ok()) return clock.error();
    if (*clock) return {};
    const auto begin = reader_->LastRecordedBy(*request_.since - 1);
    if (!begin.ok()) return begin.error();
    begin_ = *begin;
    return {};
  }

  // The discovery in force at the beginning of the part, which is the oldest
  // where there was none yet.
  Status FindDiscovery() {
    for (Seq after = 0;;) {
      const auto records = reader_->OtherRecords(after, info_.last_seq, kRange);
      if (!records.ok()) return records.error();
      if (records->empty()) return {};
      for (const store::Record& record : *records) {
        if (record.kind != "discovery") continue;
        if (first_discovery_ == 0 ||
            (request_.since && record.recorded_at <= *request_.since)) {
          first_discovery_ = record.seq;
        }
      }
      after = records->back().seq;
    }
  }

  // Each revision of the part, by seq.
  template <typename Visit>
  Status Walk(Visit visit) {
    auto baseline = baselines_.begin();
    const auto baselines_to = [&](Seq seq) -> Status {
      for (; baseline != baselines_.end() && baseline->seq <= seq; ++baseline) {
        if (!picks_->Has(*baseline)) continue;
        if (Status open = Renew(); !open.ok()) return open;
        if (Status put = visit(*baseline); !put.ok()) return put;
      }
      return {};
    };
    for (Seq after = begin_;;) {
      if (Status open = Renew(); !open.ok()) return open;
      const auto revisions = reader_->History(picks_->filter(), after, kRange);
      if (!revisions.ok()) return revisions.error();
      if (revisions->empty()) break;
      for (const store::Revision& revision : *revisions) {
        if (revision.seq > info_.last_seq) break;
        if (Status put = baselines_to(revision.seq); !put.ok()) return put;
        if (!picks_->InTime(revision.changed_at) || !picks_->Has(revision)) {
          continue;
        }
        if (Status open = Renew(); !open.ok()) return open;
        if (Status put = visit(revision); !put.ok()) return put;
      }
      after = revisions->back().seq;
      if (after >= info_.last_seq) break;
      KUBESCRIBE_KILL_POINT("export.part");
    }
    return baselines_to(info_.last_seq);
  }

  Status PutObject(const store::Revision& revision) {
    if (written_.size() >= kMostWritten) written_.clear();
    if (!written_.insert(revision.object_id).second) return {};
    const auto rows =
        reader_->Objects(revision.object_id - 1, revision.object_id, 1);
    if (!rows.ok()) return rows.error();
    if (rows->empty()) return Pruned();
    store::ObjectRow row = rows->front();
    if (!picks_->HasStream(row.stream_id)) row.stream_id = revision.stream_id;
    return out_.Line(Line(row));
  }

  Status RecordsBefore(Seq seq) {
    while (true) {
      if (next_other_ == others_.size() && !others_ended_) {
        const Seq after = others_.empty() ? 0 : others_.back().seq;
        if (Status open = Renew(); !open.ok()) return open;
        auto records = reader_->OtherRecords(after, info_.last_seq, kRange);
        if (!records.ok()) return records.error();
        others_ended_ = records->empty();
        if (!others_ended_) {
          others_ = *std::move(records);
          next_other_ = 0;
        }
      }
      if (next_other_ == others_.size() || others_[next_other_].seq >= seq) {
        return {};
      }
      const store::Record& record = others_[next_other_++];
      if (!HasRecord(record)) continue;
      if (Status put = PutRecord(record); !put.ok()) return put;
    }
  }

  bool HasRecord(const store::Record& record) const {
    const std::string& kind = record.kind;
    const auto until = request_.until.value_or(
        std::max(info_.known_until, record.recorded_at));
    // Of this file's own log.
    if (kind == "key" || kind == "prune" || kind == "pruned") return false;
    if (!picks_->HasStream(record.stream_id)) return false;
    // An epoch's number is in revisions. What the server was at any time of
    // the part is told by the newest before it.
    if (kind == "epoch" || kind == "server") return true;
    if (kind == "gap") {
      const std::optional<Micros> from = BeginOfGap(record.detail);
      return !from || *from <= until;
    }
    if (kind == "clock") return record.recorded_at <= until;
    if (kind == "discovery") {
      return record.seq == first_discovery_ ||
             (record.seq > first_discovery_ && record.recorded_at <= until);
    }
    return picks_->InTime(record.recorded_at);
  }

  // -- the rest

  Status Tail() {
    for (const store::Doubt& row : doubts_) {
      if (!picks_->HasStream(row.stream_id)) continue;
      if (Status put = out_.Line(Line(row)); !put.ok()) return put;
    }
    for (const store::PrunedRow& row : prunes_) {
      if (Status put = PutPrune(row); !put.ok()) return put;
    }
    for (const store::PrunedRv& row : rvs_) {
      if (!picks_->HasKind(row.resource_id)) continue;
      if (Status put = out_.Line(Line(row)); !put.ok()) return put;
    }
    if (Status put = PrunedObjects(); !put.ok()) return put;
    if (done_.whole) {
      if (Status put = Checkpoints(); !put.ok()) return put;
    }
    // What a prune took in between is missing, or not, by chance.
    reader_.reset();
    if (Status open = Renew(); !open.ok()) return open;
    const auto prunes = reader_->Prunes();
    if (!prunes.ok()) return prunes.error();
    if (StateOf(*prunes) != StateOf(prunes_)) return Pruned();
    reader_.reset();
    KUBESCRIBE_KILL_POINT("export.tail");
    return out_.Finish(root_);
  }

  Error Pruned() const {
    return Error(Code::kBusy,
                 fmt::format("{}: it was pruned while it was exported: try it "
                             "again",
                             path_));
  }

  // Of a part, prunes that reach into it, for the kinds that it has.
  Status PutPrune(store::PrunedRow row) {
    if (!done_.whole) {
      if (request_.since && row.before_at &&
          *row.before_at <= *request_.since) {
        return {};
      }
      if (!row.resources.empty()) {
        std::erase_if(row.resources,
                      [&](std::int64_t id) { return !picks_->HasKind(id); });
        if (row.resources.empty()) return {};
      }
    }
    return out_.Line(Line(row));
  }

  Status PrunedObjects() {
    for (std::int64_t after = 0;;) {
      if (Status open = Renew(); !open.ok()) return open;
      const auto rows = reader_->PrunedObjectRows(after, kRange);
      if (!rows.ok()) return rows.error();
      if (rows->empty()) return {};
      for (const store::PrunedObjectRow& row : *rows) {
        if (!done_.whole) {
          if (request_.since && row.before_at <= *request_.since) continue;
          const auto object =
              reader_->Objects(row.object_id - 1, row.object_id, 1);
          if (!object.ok()) return object.error();
          if (object->empty() || !picks_->Has(object->front())) continue;
          // What is left of it may lie behind the part.
          if (Status put = out_.Line(Line(Held(object->front()))); !put.ok()) {
            return put;
          }
        }
        if (Status put = out_.Line(Line(row)); !put.ok()) return put;
      }
      after = rows->back().object_id;
    }
  }

  Status Checkpoints() {
    for (std::int64_t after = 0;;) {
      if (Status open = Renew(); !open.ok()) return open;
      const auto rows = reader_->Checkpoints(after, info_.last_seq, kRange);
      if (!rows.ok()) return rows.error();
      if (rows->empty()) return {};
      for (const store::LogCheckpoint& row : *rows) {
        if (Status put = out_.Line(Line(row)); !put.ok()) return put;
      }
      after = rows->back().size;
    }
  }

  const std::string path_;
  const ExportRequest& request_;
  Output& out_;
  Exported done_;

  const std::shared_ptr<store::BodyCache> bodies_ =
      std::make_shared<store::BodyCache>(kBodies);
  std::unique_ptr<Reader> reader_;
  Micros opened_ = 0;

  // Of the first snapshot.
  store::FileInfo info_;
  std::unique_ptr<Picks> picks_;
  std::vector<store::Doubt> doubts_;
  std::vector<store::PrunedRow> prunes_;
  std::vector<store::PrunedRv> rvs_;
  std::int64_t last_object_ = 0;
  std::optional<store::LogHash> root_;

  // Of a part.
  std::vector<store::Revision> baselines_;
  Seq begin_ = 0;
  Seq first_discovery_ = 0;
  std::unordered_set<std::int64_t> written_;
  std::vector<store::Record> others_;
  std::size_t next_other_ = 0;
  bool others_ended_ = false;
};

}  // namespace

Result<Exported> Export(const std::string& path, const std::string& to,
                        const ExportRequest& request) {
  Result<std::unique_ptr<Output>> out = Output::Start(to);
  if (!out.ok()) return out.error();
  return Exporter(path, request, **out).Run();
}

}  // namespace kubescribe::travel
