// Ledger: decides what an observation changes in the file.
//
// No thread, no queue, no clock: everything it knows comes in with the entry
// and from the Transaction, so each rule can be tested by one call.
//
//   writer.Transact([&](Transaction& tx) {
//     for (const Entry& entry : batch) ledger.Apply(tx, entry);
//     ledger.Finish(tx);
//   });
//   committed ? ledger.Commit() : ledger.Rollback();
//
// Between Commits the ledger works on copies of what it remembers of the
// streams that the batch touches, so that a batch that failed can be applied
// again as if nothing had been. What it remembers is bounded: sets of row ids,
// and of an audit the items that are not recorded (at most 16 MiB of bodies).
//
// One thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kube/observation.h"
#include "record/intake.h"
#include "record/recorder.h"
#include "record/stream_memory.h"
#include "record/times.h"
#include "store/writer.h"

namespace kubescribe::record {

// What a committed batch means to others.
struct Effects {
  std::uint64_t revisions = 0;
  std::uint64_t duplicates = 0;
  std::vector<store::GapRow> gaps;
  // The audits that ended, with their findings; -1: it could not be finished.
  std::vector<std::pair<kube::StreamId, std::int64_t>> audited;
  std::vector<std::pair<kube::StreamId, kube::GapCause>> relist;
};

class Ledger {
 public:
  // From now on entries of this stream may come. Again with the same id: the
  // stream has another spec; a list or audit under way is forgotten.
  void AddStream(kube::StreamId id, std::int64_t resource_id,
                 const StreamSpec& spec);
  // none: never added.
  const StreamSpec* FindSpec(kube::StreamId id) const;
  std::vector<kube::StreamId> Streams() const;

  // The file's known_until before the transaction that follows, and the
  // monotonic clock's reading now.
  void Begin(Micros known_until, Micros mono);
  // Within one transaction. Entries of unknown streams are ignored.
  void Apply(store::Transaction& tx, const Entry& entry);
  // The last within the transaction: writes the stream rows.
  void Finish(store::Transaction& tx);
  // The mistake 8 only: the positions that Finish left out.
  void FinishPositions(store::Transaction& tx);

  // The transaction is durable, or is not and will never be.
  Effects Commit();
  void Rollback();

 private:
  struct Known {
    StreamSpec spec;
    std::int64_t resource_id = 0;
  };
  // A stream in the current batch.
  struct Touched {
    const Known& known;
    store::StreamRow row;
    StreamMemory memory;
    bool dirty = false;     // the row is to be written
    bool recorded = false;  // a revision was appended
    std::string bound;      // the first position behind an open gap (kParse)
  };
  // How a revision came to be known, but for the object itself.
  struct Finding {
    store::Source source = store::Source::kWatch;
    std::string list_rv;
    bool flowing = false;
    std::optional<Micros> not_before;
    bool late = false;
  };

  Touched* Touch(store::Transaction& tx, kube::StreamId id);

  // ledger.cc: events, stubs, positions, the stream's row.
  void OnEvent(store::Transaction& tx, Touched& t, const Entry& entry);
  void OnStub(store::Transaction& tx, Touched& t, const Entry& entry);
  void RecordStub(store::Transaction& tx, Touched& t, const Entry& entry);
  void OnUnplaced(store::Transaction& tx, Touched& t, const Entry& entry);
  void OnFlow(store::Transaction& tx, Touched& t,
              const kube::Observation& seen);
  void OnState(Touched& t, const kube::Observation& seen);
  void OnStreamEnd(store::Transaction& tx, Touched& t,
                   const kube::Observation& seen);
  void OnDiscovery(store::Transaction& tx, const kube::Observation& seen);
  void Advance(Touched& t, const std::string& rv);
  void MoveTo(Touched& t, const std::string& rv);
  bool IsLate(const Touched& t, const store::ObjectRow& object,
              const std::string& rv) const;
  store::ObjectRow FindOrAdd(store::Transaction& tx, Touched& t,
                             const kube::ObjectHead& head, bool* added);
  void Append(store::Transaction& tx, Touched& t,
              const store::ObjectRow& object, store::Event event,
              const Entry& entry, const std::string& rv,
              const Finding& finding);
  void Vanish(store::Transaction& tx, Touched& t,
              const store::ObjectRow& object, const Finding& finding);
  void CloseGap(store::Transaction& tx, store::GapRow gap);
  // The gap that the stream's row says is open ends at this RV.
  void CloseOpenGap(store::Transaction& tx, Touched& t, const std::string& to,
                    std::int64_t vanished);

  // ledger_list.cc
  void OnListBegin(store::Transaction& tx, Touched& t,
                   const kube::Observation& seen);
  void OnListItem(store::Transaction& tx, Touched& t, const Entry& entry);
  void OnListEnd(store::Transaction& tx, Touched& t,
                 const kube::Observation& seen);
  struct Orphan;
  std::vector<Orphan> OrphansOf(store::Transaction& tx, const Touched& t);
  void TakeOver(store::Transaction& tx, Touched& t, const std::string& list_rv,
                const std::vector<Orphan>& orphans);
  void Rewind(Touched& t, const std::string& why);

  // ledger_audit.cc
  void OnAuditBegin(store::Transaction& tx, Touched& t,
                    const kube::Observation& seen);
  void OnAuditItem(store::Transaction& tx, Touched& t, const Entry& entry);
  void OnAuditEnd(Touched& t, const kube::Observation& seen);
  void OnAuditReached(store::Transaction& tx, Touched& t);
  void DropAudit(Touched& t);
  struct Differences;
  bool Compare(store::Transaction& tx, Touched& t, Differences& found);
  void Repair(store::Transaction& tx, Touched& t, const Differences& found);

  std::map<kube::StreamId, Known> streams_;
  std::map<kube::StreamId, StreamMemory> memory_;
  // Of the current batch.
  Micros known_until_ = 0;
  Micros mono_ = 0;
  std::map<kube::StreamId, Touched> touched_;
  Effects effects_;
};

}  // namespace kubescribe::record
