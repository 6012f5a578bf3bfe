// What an answer rests on, and whether it is certain: the streams that it
// reads, put to the rules of store/certainty.h (times) and to those for
// resourceVersions, which stand here because only kube can compare them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "kube/resource.h"
#include "store/certainty.h"
#include "store/reader.h"

namespace kubescribe::query {

// One reason why an answer is not certain, with the stream that it is about.
struct Warning {
  store::Doubtful doubt;
  std::string stream;  // "pods", "pods in prod"; "": nothing covers it
  // Where no stream covers what was asked for (then `doubt` says nothing), or
  // only objects that a selector picks.
  std::string note;
};

// What is known of the streams of one file.
class Coverage {
 public:
  static Result<Coverage> Load(store::Reader& reader);

  // The streams that an answer about this resource and namespace (none: all)
  // reads.
  std::vector<const store::StreamRow*> Streams(
      std::int64_t resource_id,
      const std::optional<std::string>& name_space) const;

  // The same without those that an answer about [from, to] does not need: what
  // a stream of another scope saw before or saw after, where one without a
  // selector saw all of it throughout.
  std::vector<const store::StreamRow*> Streams(
      std::int64_t resource_id, const std::optional<std::string>& name_space,
      Micros from, Micros to) const;

  // The instant that "now" means: the file's known_until; where no stream of
  // the file flows (the recorder is stopped) the last instant, at most a
  // minute earlier, up to which those streams are known.
  Micros Newest(std::int64_t resource_id,
                const std::optional<std::string>& name_space) const;

  // Why an answer about [from, to] is not certain; empty: it is.
  std::vector<Warning> At(std::int64_t resource_id,
                          const std::optional<std::string>& name_space,
                          Micros from, Micros to) const;
  // The same of the state at a resourceVersion of the newest epoch.
  std::vector<Warning> AtRv(std::int64_t resource_id,
                            const std::optional<std::string>& name_space,
                            const std::string& rv) const;
  // The same of the record up to `seq`, which was made at `at`: only a list
  // that was not complete by then leaves anything open.
  std::vector<Warning> AtSeq(std::int64_t resource_id,
                             const std::optional<std::string>& name_space,
                             store::Seq seq, Micros at) const;

  // Whether objects of the filter were cut to their newest revisions, so that
  // an answer about [from, to], or about the instant, is not whole.
  static Status AddPrunedObjects(store::Reader& reader,
                                 const store::ObjectFilter& filter, Micros from,
                                 Micros to, std::vector<Warning>& warnings);
  static Status AddPrunedObjects(store::Reader& reader,
                                 const store::ObjectFilter& filter,
                                 const store::AsOf& as_of,
                                 std::vector<Warning>& warnings);

  // The prune that reaches furthest of those of the kind (0: of any) and cut
  // by time; null: none.
  const store::PrunedRow* Pruned(std::int64_t resource_id) const;

  const std::vector<store::StreamRow>& streams() const { return streams_; }
  const std::vector<store::GapRow>& gaps() const { return gaps_; }
  Micros known_until() const { return known_until_; }

 private:
  store::StreamFacts Facts(const store::StreamRow& stream) const {
    return {stream, known_until_, gaps_, doubts_, prunes_};
  }
  // When its first list was complete; none: it is not.
  std::optional<Micros> Began(const store::StreamRow& stream) const;
  // Where the stream's newest epoch began.
  struct Beginning {
    const store::EpochRow* epoch = nullptr;  // null: it has only one
    const store::GapRow* list = nullptr;     // null: its list is not complete
  };
  Beginning BeginningOf(const store::StreamRow& stream) const;
  // What the streams do not cover of the namespace, or only through selectors.
  void AddUncovered(std::int64_t resource_id,
                    const std::optional<std::string>& name_space,
                    std::vector<Warning>& warnings) const;

  std::vector<store::StreamRow> streams_;
  std::vector<store::EpochRow> epochs_;
  std::vector<store::GapRow> gaps_;
  std::vector<store::Doubt> doubts_;
  std::vector<store::PrunedRow> prunes_;
  std::vector<store::PrunedRv> pruned_rvs_;
  Micros known_until_ = 0;
};

// "pods", "pods in prod", "deployments.apps (app=web)".
std::string StreamName(const store::StreamKey& key);

// For a person, in `zone`: "pods: gap (gone) from … to …: …".
std::string Describe(const Warning& warning, const std::string& zone);
// For machines, one line, times as RFC 3339:
// "pods gap gone 2026-…Z 2026-…Z".
std::string Describe(const Warning& warning);

}  // namespace kubescribe::query
