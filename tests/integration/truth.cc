#include "integration/truth.h"

#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

namespace kubescribe::integration {
namespace {

using nlohmann::json;

std::uint64_t Number(const std::string& rv) {
  std::uint64_t value = 0;
  std::from_chars(rv.data(), rv.data() + rv.size(), value);
  return value;
}

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

struct Resource {
  store::ResourceRow row;
  std::uint64_t position = 0;
  std::vector<const fakes::JournalEntry*> journal;  // up to the position
  std::vector<store::Revision> revisions;
  std::vector<store::GapRow> gaps;
};

bool InGap(const Resource& resource, std::uint64_t rv) {
  for (const auto& gap : resource.gaps) {
    const std::uint64_t from = Number(gap.from_rv);
    const std::uint64_t to = Number(gap.to_rv);
    if (gap.cause == "rewind" ? rv > std::min(from, to)
                              : (rv > from && rv <= to)) {
      return true;
    }
  }
  return false;
}

class Check {
 public:
  Check(store::Reader& reader, const fakes::SimCluster& sim)
      : reader_(reader), sim_(sim), journal_(sim.Journal()) {}

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
            std::max(resource.position, Number(stream.position));
      }
      for (const auto& gap : *gaps) {
        if (ids.count(gap.stream_id) != 0) resource.gaps.push_back(gap);
      }
      for (const auto& entry : journal_) {
        if (entry.fault.empty() && entry.resource == row.resource &&
            entry.group == row.group && entry.rv <= resource.position) {
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

  void CheckComplete(const Resource& resource) {
    std::map<std::pair<std::string, std::uint64_t>, int> seen;
    for (const auto& revision : resource.revisions) {
      if (!revision.rv.empty()) ++seen[{revision.uid, Number(revision.rv)}];
    }
    for (const auto* entry : resource.journal) {
      if (seen.count({entry->uid, entry->rv}) == 0 &&
          !InGap(resource, entry->rv)) {
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
    std::set<std::tuple<std::int64_t, std::string, std::string>> once;
    for (const auto& revision : resource.revisions) {
      if (revision.rv.empty()) continue;
      if (!once.insert({revision.epoch, revision.uid, revision.rv}).second) {
        Say(resource, revision.name + " at " + revision.rv + " twice");
      }
      if (revision.body_kind != store::BodyKind::kFull) continue;
      const auto found = truth.find({revision.uid, Number(revision.rv)});
      if (found == truth.end()) {
        Say(resource, revision.name + " at " + revision.rv +
                          " was recorded but never served");
        continue;
      }
      const auto body = reader_.Body(revision.seq);
      bool equal = false;
      for (const auto* entry : found->second) {
        equal = equal || (body.ok() && entry->object &&
                          Comparable(*body, secret) ==
                              Comparable(*entry->object, secret));
      }
      if (!equal) {
        Say(resource, revision.name + " at " + revision.rv +
                          " has another body than was served");
      }
    }
  }

  void CheckOrder(const Resource& resource) {
    std::map<std::int64_t, std::uint64_t> last;  // by epoch
    for (const auto& revision : resource.revisions) {
      if (revision.late || revision.source != store::Source::kWatch) continue;
      const std::uint64_t rv = Number(revision.rv);
      if (rv < last[revision.epoch]) {
        Say(resource, revision.name + " at " + revision.rv + " out of order");
      }
      last[revision.epoch] = rv;
    }
  }

  void CheckAlive(const Resource& resource) {
    std::map<std::string, std::uint64_t> truth;  // uid -> rv
    for (const auto* entry : resource.journal) {
      if (entry->type == "DELETED") {
        truth.erase(entry->uid);
      } else {
        truth[entry->uid] = entry->rv;
      }
    }
    // After a rewind the journal alone does not say what was undone.
    for (const auto& gap : resource.gaps) {
      if (gap.cause == "rewind") {
        truth.clear();
        for (const auto& object : sim_.Objects(
                 resource.row.group.empty()
                     ? resource.row.resource
                     : resource.row.resource + "." + resource.row.group)) {
          truth[object.uid] = object.rv;
        }
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
      recorded[revision.uid] = Number(revision.rv);
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
  const fakes::SimCluster& sim_;
  const std::vector<fakes::JournalEntry> journal_;
  std::vector<std::string> violations_;
};

}  // namespace

std::vector<std::string> Violations(store::Reader& reader,
                                    const fakes::SimCluster& sim) {
  return Check(reader, sim).Run();
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

}  // namespace kubescribe::integration
