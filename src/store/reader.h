// Reader: asks a cluster's file, recorder running or not.
//
// Opens read-only and sees one consistent snapshot from the first question to
// its destruction or Refresh(). No Reader may live longer than 2 s on a file
// that is being recorded (DESIGN §5): make one, ask, destroy it; long work goes
// in ranges of seq.
//
// How a file may be opened, and what the Reader says of it (Warnings()):
//   - live, or WAL with its -wal: read as it is;
//   - stopped cleanly: also from a read-only disk;
//   - a WAL-mode copy without its -wal may be torn: a full check runs first,
//     then it is answered with a warning; else refused (kCorruption, "copy
//     it together with its -wal file, or stop the recorder first").
//
// One thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/body_cache.h"
#include "store/prune.h"
#include "store/types.h"

namespace kubescribe::store {

// The instant that a question is about. Exactly one of the three decides:
// `seq` and `rv` when set, else `at`.
struct AsOf {
  Micros at = 0;
  std::optional<Seq> seq;
  // Exact within one resource and the newest epoch of its stream.
  std::optional<std::string> rv;
};

struct ObjectFilter {
  std::int64_t resource_id = 0;           // 0: all
  std::optional<std::string> name_space;  // none: all
  std::optional<std::string> name;
  std::optional<std::string> uid;
};

// An interval in which a stream's state is not certain: [from, to).
struct Doubt {
  std::int64_t stream_id = 0;  // 0: all streams
  std::optional<Micros> from;  // none: since ever
  Micros to = 0;
};

struct ResourceStats {
  std::int64_t resource_id = 0;
  std::int64_t objects = 0;
  std::int64_t alive = 0;
  std::int64_t revisions = 0;
  std::int64_t bytes = 0;  // of stored bodies
};

// Objects of which nothing is known any more of some time, because only their
// newest revisions were kept.
struct PrunedObjects {
  std::int64_t objects = 0;
  Micros before_at = 0;  // from here on all of them are known
};

class Reader {
 public:
  // Errors: kNotFound, kCorruption, kUnsupported, kIo, each saying what to do.
  //
  // Bodies build on those before them. `bodies` keeps what was decoded, by seq,
  // so that many revisions of an object in order of seq cost one step each;
  // hand the same one to the next Reader of the file to keep it over ranges.
  // Null: this Reader has a small one of its own.
  //
  // While the writer asks readers to keep away, so that it can begin its log
  // anew, this waits, up to about 2 s. `waits` false: not so; for the writer's
  // own thread, which would wait for itself.
  static Result<std::unique_ptr<Reader>> Open(
      const std::string& path, std::shared_ptr<BodyCache> bodies = nullptr,
      bool waits = true);
  virtual ~Reader() = default;

  virtual const FileInfo& info() const = 0;
  // About the file itself, to be said to the user once. Discovery may add to
  // them.
  virtual const std::vector<std::string>& warnings() const = 0;

  virtual Result<std::vector<ResourceRow>> Resources() = 0;
  virtual Result<std::vector<StreamRow>> Streams() = 0;
  virtual Result<std::vector<EpochRow>> Epochs() = 0;
  virtual Result<std::vector<ResourceStats>> Stats() = 0;

  // The discovery in force: the payload of the newest discovery record not
  // after `as_of` (at or seq), or the oldest one there is; none when there is
  // none at all, or it is not what was recorded (then a warning says so).
  virtual Result<std::optional<std::string>> Discovery(const AsOf& as_of) = 0;

  // The version of the server in force ("v1.36.3"): of the newest "server"
  // record not after `as_of` (at or seq), or what the oldest one says was
  // before it; the file's own where it has no such records. "": not known.
  virtual Result<std::string> ServerVersion(const AsOf& as_of) = 0;

  // For each object of the filter that lived at `as_of`, its revision in force
  // then, ordered by resource and "NAMESPACE/NAME", as a server lists them.
  // With `include_gone`, also those whose last revision by then says they are
  // gone. A time costs in proportion to what lived then; seq, rv and
  // `include_gone` in proportion to all objects of the filter that there ever
  // were.
  virtual Result<std::vector<Revision>> StateAt(const ObjectFilter& filter,
                                                const AsOf& as_of,
                                                bool include_gone = false) = 0;

  // The same one by one, without holding them.
  using EachRevision = std::function<void(Revision&&)>;
  virtual Status EachAt(const ObjectFilter& filter, const AsOf& as_of,
                        bool include_gone, const EachRevision& each) = 0;

  // For each object of the filter that ended within [since, until] and was not
  // back at `until`, the revision that says so, in the order of StateAt. Costs
  // in proportion to what lived then.
  virtual Status EachEnded(const ObjectFilter& filter, Micros since,
                           Micros until, const EachRevision& each) = 0;

  // -- names alone, for what completes a word as it is typed

  // Which names there are that begin with `prefix`, each once and in order: of
  // what lived at `as_of`, or with `ever` of all that there ever was (a file of
  // before lifetimes leaves those out of which only late revisions are known).
  // Where `as_of` is a time it costs in proportion to the answer.
  struct NameQuestion {
    AsOf as_of;
    bool ever = false;
    std::string prefix;
  };
  // Of the objects of a resource, in a namespace (none: in all).
  virtual Result<std::vector<std::string>> Names(
      std::int64_t resource_id, const std::optional<std::string>& name_space,
      const NameQuestion& question) = 0;
  // Of the namespaces in which there is an object.
  virtual Result<std::vector<std::string>> Namespaces(
      const NameQuestion& question) = 0;

  // The revisions of these seqs, in the order given. kNotFound names one that
  // is not there.
  virtual Result<std::vector<Revision>> Revisions(
      const std::vector<Seq>& seqs) = 0;

  // All revisions of the filter's objects, by seq. `after` and `limit` page.
  virtual Result<std::vector<Revision>> History(const ObjectFilter& filter,
                                                Seq after,
                                                std::size_t limit) = 0;

  // The same for those with a changed_at within [since, until], late ones too.
  // Costs in proportion to what lived then, whatever the limit: ask for a long
  // time in slices.
  virtual Result<std::vector<Revision>> Changes(const ObjectFilter& filter,
                                                Micros since, Micros until,
                                                Seq after,
                                                std::size_t limit) = 0;

  // The redacted bytes of a revision's body; "" if it has none. kCorruption,
  // naming the record, if it cannot be decoded or is not what the log says was
  // recorded; kNotFound for an unknown seq.
  virtual Result<std::string> Body(Seq seq) = 0;

  // Gap records of a stream (0: all), by seq.
  virtual Result<std::vector<GapRow>> Gaps(std::int64_t stream_id) = 0;
  // Doubts of a stream (0: all streams' and the file's), by `to`.
  virtual Result<std::vector<Doubt>> Doubts(std::int64_t stream_id) = 0;

  // All prunes, by seq, and what they say of resourceVersions.
  virtual Result<std::vector<PrunedRow>> Prunes() = 0;
  virtual Result<std::vector<PrunedRv>> PrunedRvs() = 0;
  // Objects of the filter that were cut to a number of revisions, as far as it
  // concerns [from, to], or the instant (for seq and rv: perhaps).
  virtual Result<PrunedObjects> ObjectsPruned(const ObjectFilter& filter,
                                              Micros from, Micros to) = 0;
  virtual Result<PrunedObjects> ObjectsPruned(const ObjectFilter& filter,
                                              const AsOf& as_of) = 0;

  // Revisions and other records with seq in (after, last], at most `limit` of
  // both together, each in order of seq. For export.
  struct Batch {
    std::vector<Revision> revisions;
    std::vector<Record> records;
    Seq last = 0;  // highest seq in it; == after: nothing more
  };
  virtual Result<Batch> Records(Seq after, Seq last, std::size_t limit) = 0;
  // The payload of a record (discovery); "" if none. Errors as those of Body.
  virtual Result<std::string> Payload(Seq seq) = 0;

  // -- what a file that travels takes along (src/travel)

  // The header of a revision's or a record's leaf that no answer needs.
  virtual Result<Salt> SaltOf(Seq seq) = 0;
  // The hashes of the leaves of [from, to], as the log has them; none where it
  // does not reach so far.
  virtual Result<std::vector<std::optional<LogHash>>> LeafHashesOf(Seq from,
                                                                   Seq to) = 0;
  // The root over the first `size` records; none: the log is shorter.
  virtual Result<std::optional<LogHash>> RootAt(std::int64_t size) = 0;
  // Checkpoints of a size in (after, last], at most `limit`.
  virtual Result<std::vector<LogCheckpoint>> Checkpoints(std::int64_t after,
                                                         std::int64_t last,
                                                         std::size_t limit) = 0;
  // Objects with an id in (after, last], at most `limit`, by id.
  virtual Result<std::vector<ObjectRow>> Objects(std::int64_t after,
                                                 std::int64_t last,
                                                 std::size_t limit) = 0;
  // The highest id of an object; 0: there is none.
  virtual Result<std::int64_t> LastObject() = 0;
  // Records that are no revisions, as Records.
  virtual Result<std::vector<Record>> OtherRecords(Seq after, Seq last,
                                                   std::size_t limit) = 0;
  // The highest seq that was recorded by then.
  virtual Result<Seq> LastRecordedBy(Micros at) = 0;
  // Objects that were cut to a number of revisions, with an id above `after`,
  // at most `limit`, by id.
  virtual Result<std::vector<PrunedObjectRow>> PrunedObjectRows(
      std::int64_t after, std::size_t limit) = 0;

  // The newest record of a kind; none: there is none.
  virtual Result<std::optional<Record>> NewestRecord(
      const std::string& kind) = 0;
  // The log's newest checkpoint; none: nothing was signed yet.
  virtual Result<std::optional<LogCheckpoint>> NewestCheckpoint() = 0;
};

}  // namespace kubescribe::store
