#include "integration/truth.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>
#include <tuple>
#include <utility>

#include "verify/verify.h"

namespace kubescribe::integration {
namespace {

using nlohmann::json;

// What must be equal of a body: list items lack apiVersion and kind, and
// Secrets lose their values.
json Comparable(const std::string& body, bool secret) {
  json object = json::parse(body, nullptr, false);
  if (!object.is_object()) return object;
  object.erase("apiVersion");
  object.erase("kind");
  if (secret) {
    for (const char* field : {"data", "stringData"}) {
      if (!object.contains(field) || !object[field].is_object()) continue;
      for (auto& value : object[field]) value = "redacted";
    }
    if (object["metadata"].contains("annotations")) {
      object["metadata"]["annotations"].erase(
          "kubectl.kubernetes.io/last-applied-configuration");
    }
  }
  return object;
}

// Byte for byte where that will do: the comparison of JSON is recursive, and a
// body may be nested ten thousand deep.
bool Same(const std::string& recorded, const std::string& served, bool secret) {
  return (!secret && recorded == served) ||
         Comparable(recorded, secret) == Comparable(served, secret);
}

struct Resource {
  store::ResourceRow row;
  std::uint64_t position = 0;
  std::vector<const fakes::JournalEntry*> journal;  // up to the position
  std::vector<store::Revision> revisions;
  std::vector<store::GapRow> gaps;
  std::vector<const fakes::JournalEntry*> faults;  // that hit its events
};

// What a fault excuses, and nothing beyond it.
class Excuses {
 public:
  explicit Excuses(const Resource& resource) {
    for (const auto* fault : resource.faults) {
      if (fault->hidden) hidden_.insert({fault->uid, fault->rv});
      if (fault->sent != nullptr) {
        sent_.insert({{fault->sent_uid, fault->sent_rv}, fault->sent.get()});
      }
      if (fault->fault == "reorder") {
        disordered_.insert({fault->uid, std::to_string(fault->rv)});
      }
    }
  }

  // Nobody could know that there was such an event.
  bool Hidden(const std::string& uid, std::uint64_t rv) const {
    return hidden_.count({uid, rv}) != 0;
  }
  // The bodies that were sent under this RV and are not the cluster's.
  std::vector<const std::string*> Sent(const std::string& uid,
                                       const std::string& rv) const {
    std::vector<const std::string*> bodies;
    const auto [from, to] = sent_.equal_range({uid, rv});
    for (auto at = from; at != to; ++at) bodies.push_back(at->second);
    return bodies;
  }
  // It did not come where its RV belongs.
  bool Disordered(const std::string& uid, const std::string& rv) const {
    return disordered_.count({uid, rv}) != 0 || sent_.count({uid, rv}) != 0;
  }

 private:
  std::set<std::pair<std::string, std::uint64_t>> hidden_;
  std::multimap<std::pair<std::string, std::string>, const std::string*> sent_;
  std::set<std::pair<std::string, std::string>> disordered_;
};

// Between the server's writing and our reading.
constexpr Micros kOnTheWay = 50 * kMillisecond;

bool InGap(const Resource& resource, const fakes::JournalEntry& entry) {
  const std::uint64_t rv = entry.rv;
  for (const auto& gap : resource.gaps) {
    const std::uint64_t from = RvNumber(gap.from_rv);
    const std::uint64_t to = RvNumber(gap.to_rv);
    if (gap.cause != "rewind") {
      if (rv > from && rv <= to) return true;
      continue;
    }
    // Where the new history parted from the old one nobody knows: but when.
    const bool meanwhile = gap.from_at &&
                           entry.at + kOnTheWay >= *gap.from_at &&
                           entry.at <= gap.to_at;
    if (rv > std::min(from, to) || meanwhile) return true;
  }
  return false;
}

class Check {
 public:
  Check(store::Reader& reader, const fakes::SimCluster& sim)
      : reader_(reader), journal_(sim.Journal()) {}

  std::vector<std::string> Run() {
    const auto resources = reader_.Resources();
    const auto streams = reader_.Streams();
    const auto gaps = reader_.Gaps(0);
    if (!resources.ok() || !streams.ok() || !gaps.ok()) {
      return {"the file cannot be read"};
    }
    for (const auto& row : *resources) {
      Resource resource;
      resource.row = row;
      std::set<std::int64_t> ids;
      for (const auto& stream : *streams) {
        if (stream.resource_id != row.id) continue;
        ids.insert(stream.id);
        resource.position =
            std::max(resource.position, RvNumber(stream.position));
      }
      for (const auto& gap : *gaps) {
        if (ids.count(gap.stream_id) != 0) resource.gaps.push_back(gap);
      }
      for (const auto& entry : journal_) {
        if (entry.resource != row.resource || entry.group != row.group) {
          continue;
        }
        if (!entry.fault.empty()) {
          if (!entry.uid.empty()) resource.faults.push_back(&entry);
        } else if (entry.rv <= resource.position) {
          resource.journal.push_back(&entry);
        }
      }
      store::ObjectFilter filter;
      filter.resource_id = row.id;
      auto history = reader_.History(filter, 0, 10'000'000);
      if (!history.ok()) return {history.error().message()};
      resource.revisions = std::move(*history);
      CheckComplete(resource);
      CheckBodies(resource);
      CheckOrder(resource);
      CheckAlive(resource);
    }
    CheckSequence();
    return std::move(violations_);
  }

 private:
  void Say(const Resource& resource, const std::string& what) {
    if (violations_.size() < 20) {
      violations_.push_back(resource.row.resource + ": " + what);
    }
  }

  bool WasUndone(const fakes::JournalEntry& entry) const {
    return std::any_of(journal_.begin(), journal_.end(), [&](const auto& f) {
      return f.fault == "rewind" && f.seq > entry.seq && f.rv < entry.rv;
    });
  }

  using Seen = std::set<std::pair<std::string, std::uint64_t>>;

  // What a rewind undid, newer than all that had been recorded until then: it
  // may never have been sent, and nothing tells of it.
  std::set<const fakes::JournalEntry*> Undone(const Resource& resource,
                                              const Seen& seen) const {
    std::set<const fakes::JournalEntry*> undone;
    for (const auto& fault : journal_) {
      if (fault.fault != "rewind") continue;
      Seen again;  // under the same RV, and so no sign of the old one
      for (const auto* entry : resource.journal) {
        if (entry->seq > fault.seq) again.insert({entry->uid, entry->rv});
      }
      std::uint64_t newest = fault.rv;
      for (const auto* entry : resource.journal) {
        const std::pair key{entry->uid, entry->rv};
        if (entry->seq < fault.seq && seen.count(key) > 0 &&
            again.count(key) == 0) {
          newest = std::max(newest, entry->rv);
        }
      }
      for (const auto* entry : resource.journal) {
        if (entry->seq < fault.seq && entry->rv > newest) undone.insert(entry);
      }
    }
    return undone;
  }

  void CheckComplete(const Resource& resource) {
    Seen seen;
    for (const auto& revision : resource.revisions) {
      if (!revision.rv.empty()) {
        seen.insert({revision.uid, RvNumber(revision.rv)});
      }
    }
    const Excuses excuses(resource);
    const auto undone = Undone(resource, seen);
    for (const auto* entry : resource.journal) {
      if (seen.count({entry->uid, entry->rv}) == 0 &&
          !InGap(resource, *entry) && undone.count(entry) == 0 &&
          !excuses.Hidden(entry->uid, entry->rv)) {
        Say(resource, entry->type + " " + entry->ns + "/" + entry->name +
                          " at " + std::to_string(entry->rv) +
                          " is neither recorded nor in a gap");
      }
    }
  }

  void CheckBodies(const Resource& resource) {
    std::map<std::pair<std::string, std::uint64_t>,
             std::vector<const fakes::JournalEntry*>>
        truth;
    for (const auto& entry : journal_) {
      if (entry.fault.empty() && entry.resource == resource.row.resource &&
          entry.group == resource.row.group) {
        truth[{entry.uid, entry.rv}].push_back(&entry);
      }
    }
    const bool secret = resource.row.resource == "secrets";
    const Excuses excuses(resource);
    std::set<std::tuple<std::int64_t, std::string, std::string>> once;
    for (const auto& revision : resource.revisions) {
      if (revision.rv.empty()) {
        // Only an end may come under the RV of the state before it.
        if (revision.body_kind == store::BodyKind::kFull &&
            !store::IsGone(revision.event)) {
          Say(resource, revision.name + " in a state without an RV");
        }
        continue;
      }
      if (!once.insert({revision.epoch, revision.uid, revision.rv}).second) {
        Say(resource, revision.name + " at " + revision.rv + " twice");
      }
      if (revision.body_kind != store::BodyKind::kFull) continue;
      std::vector<const std::string*> served =
          excuses.Sent(revision.uid, revision.rv);
      const auto found = truth.find({revision.uid, RvNumber(revision.rv)});
      if (found != truth.end()) {
        for (const auto* entry : found->second) {
          if (entry->object) served.push_back(entry->object.get());
        }
      }
      if (served.empty()) {
        Say(resource, revision.name + " at " + revision.rv +
                          " was recorded but never served");
        continue;
      }
      const auto body = reader_.Body(revision.seq);
      const bool equal =
          body.ok() &&
          std::any_of(served.begin(), served.end(), [&](const auto* one) {
            return Same(*body, *one, secret);
          });
      if (!equal) {
        Say(resource, revision.name + " at " + revision.rv +
                          " has another body than was served");
      }
    }
  }

  void CheckOrder(const Resource& resource) {
    const Excuses excuses(resource);
    std::map<std::int64_t, std::uint64_t> last;  // by epoch
    for (const auto& revision : resource.revisions) {
      if (revision.late || revision.source != store::Source::kWatch ||
          revision.rv.empty() ||
          excuses.Disordered(revision.uid, revision.rv)) {
        continue;
      }
      const std::uint64_t rv = RvNumber(revision.rv);
      if (rv < last[revision.epoch]) {
        Say(resource, revision.name + " at " + revision.rv + " out of order");
      }
      last[revision.epoch] = rv;
    }
  }

  void CheckAlive(const Resource& resource) {
    std::map<std::string, std::uint64_t> truth;  // uid -> rv
    for (const auto* entry : resource.journal) {
      if (WasUndone(*entry)) continue;
      if (entry->type == "DELETED") {
        truth.erase(entry->uid);
      } else {
        truth[entry->uid] = entry->rv;
      }
    }
    store::ObjectFilter filter;
    filter.resource_id = resource.row.id;
    store::AsOf now;
    now.seq = reader_.info().last_seq;
    const auto state = reader_.StateAt(filter, now);
    if (!state.ok()) {
      Say(resource, state.error().message());
      return;
    }
    std::map<std::string, std::uint64_t> recorded;
    for (const auto& revision : *state) {
      recorded[revision.uid] = RvNumber(revision.rv);
    }
    // What is above the position may be recorded already, or not.
    for (const auto& entry : journal_) {
      if (entry.fault.empty() && entry.rv > resource.position &&
          entry.resource == resource.row.resource &&
          entry.group == resource.row.group) {
        recorded.erase(entry.uid);
        truth.erase(entry.uid);
      }
    }
    // An object that only a fault made up, until an audit finds it gone.
    for (const auto* fault : resource.faults) {
      if (fault->sent_uid != fault->uid) recorded.erase(fault->sent_uid);
    }
    if (recorded != truth) {
      Say(resource, "what is alive differs: recorded " +
                        std::to_string(recorded.size()) + " objects, served " +
                        std::to_string(truth.size()));
    }
  }

  void CheckSequence() {
    store::Seq expected = 1;
    const store::Seq last = reader_.info().last_seq;
    for (store::Seq after = 0; after < last;) {
      const auto batch = reader_.Records(after, last, 5000);
      if (!batch.ok() || batch->last == after) break;
      std::set<store::Seq> seqs;
      for (const auto& revision : batch->revisions) seqs.insert(revision.seq);
      for (const auto& record : batch->records) seqs.insert(record.seq);
      for (const auto seq : seqs) {
        if (seq != expected) {
          violations_.push_back("seq " + std::to_string(expected) +
                                " is missing");
          return;
        }
        ++expected;
      }
      after = batch->last;
    }
    if (expected != last + 1) violations_.push_back("the last seq is missing");
  }

  store::Reader& reader_;
  const std::vector<fakes::JournalEntry> journal_;
  std::vector<std::string> violations_;
};

}  // namespace

std::uint64_t RvNumber(const std::string& rv) {
  std::uint64_t value = 0;
  const auto end = rv.data() + rv.size();
  if (std::from_chars(rv.data(), end, value).ec ==
      std::errc::result_out_of_range) {
    return std::numeric_limits<std::uint64_t>::max();
  }
  return value;
}

std::vector<std::string> Violations(store::Reader& reader,
                                    const fakes::SimCluster& sim) {
  return Check(reader, sim).Run();
}

std::vector<std::string> Altered(const std::string& path) {
  const auto report = verify::Verify(path, {});
  if (!report.ok()) return {"verify: " + report.error().message()};
  std::vector<std::string> found;
  for (const verify::Finding& finding : report->findings) {
    found.push_back("verify: record " + std::to_string(finding.seq) + ": " +
                    finding.what);
  }
  for (const std::string& why : report->undecided) {
    // A recorder may prune at any time.
    if (why.find("prune") != std::string::npos) continue;
    found.push_back("verify: cannot decide: " + why);
  }
  return found;
}

std::vector<std::string> Gaps(store::Reader& reader) {
  const auto streams = reader.Streams();
  const auto gaps = reader.Gaps(0);
  if (!streams.ok() || !gaps.ok()) return {"the file cannot be read"};
  std::vector<std::string> names;
  for (const auto& gap : *gaps) {
    if (gap.cause == "start") continue;
    for (const auto& row : *streams) {
      if (row.id == gap.stream_id) {
        names.push_back(row.key.resource + ":" + gap.cause);
      }
    }
  }
  return names;
}

std::string Kind(const std::string& group, const std::string& resource) {
  return group.empty() ? resource : resource + "." + group;
}

std::map<std::string, std::uint64_t> RvsToReach(const fakes::SimCluster& sim) {
  std::map<std::string, std::uint64_t> rvs;
  std::uint64_t last_event = 0;
  const std::uint64_t current = sim.CurrentRv();
  for (const auto& entry : sim.Journal()) {
    // What a rewind undid is not waited for.
    if (!entry.fault.empty() || entry.rv > current) continue;
    std::uint64_t& rv = rvs[Kind(entry.group, entry.resource)];
    if (entry.resource != "events") {
      rv = entry.rv;
    } else if (entry.rv != last_event) {
      rv = std::exchange(last_event, entry.rv);
    }
  }
  return rvs;
}

std::vector<Micros> ListTimes(const fakes::SimCluster& sim,
                              const std::string& resource) {
  std::vector<Micros> times;
  for (const auto& request : sim.Requests()) {
    if (request.verb == "list" && request.resource == resource &&
        (request.status == 200 || request.status == 410) &&
        request.target.find("limit=1&") == std::string::npos &&
        !request.target.ends_with("limit=1") &&
        request.target.find("continue=") == std::string::npos) {
      times.push_back(request.at);
    }
  }
  return times;
}

std::vector<Micros> Delays(const std::vector<Micros>& times) {
  std::vector<Micros> delays;
  for (std::size_t i = 1; i < times.size(); ++i) {
    delays.push_back(times[i] - times[i - 1]);
  }
  return delays;
}

}  // namespace kubescribe::integration
