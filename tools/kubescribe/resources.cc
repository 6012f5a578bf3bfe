// kubescribe resources: what is recorded of each kind.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <set>

#include "kube/user_time.h"
#include "kubescribe/answer.h"
#include "kubescribe/file_status.h"
#include "kubescribe/listing.h"
#include "query/doubt.h"
#include "query/resolve.h"
#include "store/lock_file.h"
#include "store/reader.h"

namespace kubescribe::tool {
namespace {

constexpr char kResourcesExamples[] = R"(Examples:
  kubescribe resources
  kubescribe resources --all-clusters -o wide
  kubescribe resources -o json | jq '[.items[].revisions] | add'

ALIVE are the objects that exist at the end of the record, EVER all that were
recorded; SIZE is that of their bodies on the disk. SINCE is when the first list
was complete, or up to when the kind was pruned. One cluster that cannot be read
is named, the others are shown, and the exit code is 1.
)";

struct ResourceLine {
  std::string cluster;
  query::Target target;
  store::ResourceStats stats;
  std::optional<Micros> since;       // none: no list is complete yet
  std::set<std::string> namespaces;  // of the objects alive
  std::set<std::string> states;      // of its streams
  bool stopped = false;              // nobody writes the file now
};

Status Load(const query::DatabaseFile& file, std::vector<ResourceLine>& lines) {
  auto reader = store::Reader::Open(file.path);
  if (!reader.ok()) return reader.error();
  SayWarnings((*reader)->warnings(), {});
  store::AsOf newest;
  newest.at = (*reader)->info().known_until;
  const auto targets = query::ResolveArguments(**reader, newest, {"*"});
  if (!targets.ok()) return targets.error();
  const auto stats = (*reader)->Stats();
  if (!stats.ok()) return stats.error();
  const auto coverage = query::Coverage::Load(**reader);
  if (!coverage.ok()) return coverage.error();
  const auto alive = (*reader)->StateAt({}, newest);
  if (!alive.ok()) return alive.error();
  std::map<std::int64_t, std::set<std::string>> namespaces;
  for (const store::Revision& revision : *alive) {
    if (!revision.name_space.empty()) {
      namespaces[revision.resource_id].insert(revision.name_space);
    }
  }
  const bool stopped = !store::LockFile::IsHeld(file.path);
  const std::size_t first = lines.size();
  for (const query::Target& target : *targets) {
    ResourceLine& line = lines.emplace_back();
    line.cluster = (*reader)->info().cluster;
    line.target = target;
    line.stopped = stopped;
    const std::int64_t id = target.row.id;
    for (const store::ResourceStats& row : *stats) {
      if (row.resource_id == id) line.stats = row;
    }
    line.namespaces = std::move(namespaces[id]);
    for (const store::StreamRow& stream : coverage->streams()) {
      if (stream.resource_id != id) continue;
      line.states.insert(stream.state);
      for (const store::GapRow& gap : coverage->gaps()) {
        if (gap.stream_id == stream.id && gap.cause == "start" &&
            (!line.since || gap.to_at < *line.since)) {
          line.since = gap.to_at;
        }
      }
    }
    const store::PrunedRow* pruned = coverage->Pruned(id);
    if (pruned != nullptr && pruned->before_at && line.since) {
      line.since = std::max(*line.since, *pruned->before_at);
    }
  }
  std::sort(lines.begin() + static_cast<std::ptrdiff_t>(first), lines.end(),
            [](const ResourceLine& a, const ResourceLine& b) {
              return std::tie(a.target.row.group, a.target.row.resource) <
                     std::tie(b.target.row.group, b.target.row.resource);
            });
  return {};
}

std::string Joined(const std::set<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : ",") + word;
  }
  return text;
}

std::string GroupVersion(const kube::ResourceInfo& info) {
  return info.group.empty() ? info.version : info.group + "/" + info.version;
}

class Resources final : public Command {
 public:
  using Command::Command;

  void Declare(CLI::App& app) override {
    app_ = app.add_subcommand("resources", "What is recorded, kind by kind");
    app_->footer(kResourcesExamples);
    listing_.Declare(*app_);
  }

  int Run() override {
    const auto files = query::FindDatabases(common_.place);
    if (!files.ok()) return Fail(files.error());
    std::vector<ResourceLine> lines;
    output::Value errors = output::Value::Array();
    for (const query::DatabaseFile& file : *files) {
      const Status loaded = Load(file, lines);
      if (loaded.ok()) continue;
      SayUnread(file.cluster, loaded.error());
      output::Value error = output::Value::Object();
      error["cluster"] = TextValue(file.cluster);
      error["error"] = TextValue(loaded.error().message());
      errors.items.push_back(std::move(error));
    }
    const bool failed = !errors.items.empty();
    Out out;
    if (IsDocument(listing_.output())) {
      WriteDocument(Document(lines, std::move(errors)), listing_.output(), out);
    } else if (listing_.names()) {
      std::vector<std::string> names;
      names.reserve(lines.size());
      for (const ResourceLine& line : lines) {
        names.push_back(line.target.info.group_resource().ToString());
      }
      Listing::WriteNames(names, out);
    } else if (!lines.empty()) {
      PrintTable(lines, files->size() > 1, out);
    } else if (!failed) {
      Say("note", "no kind is recorded yet");
    }
    out.Flush();
    if (!out.ok() || failed) return kExitError;
    return lines.empty() ? kExitNothing : kExitFound;
  }

 private:
  void PrintTable(const std::vector<ResourceLine>& lines, bool clusters,
                  Out& out) const {
    const std::string zone = kube::LocalZone();
    std::vector<std::string> header;
    if (clusters) header.emplace_back("CLUSTER");
    header.insert(header.end(),
                  {"NAME", "APIVERSION", "KIND", "NAMESPACES", "ALIVE", "EVER",
                   "REVISIONS", "SIZE", "SINCE"});
    if (listing_.wide()) header.insert(header.end(), {"SHORTNAMES", "STATE"});
    std::vector<std::vector<std::string>> rows;
    for (const ResourceLine& line : lines) {
      const kube::ResourceInfo& info = line.target.info;
      std::vector<std::string>& row = rows.emplace_back();
      if (clusters) row.push_back(line.cluster);
      row.insert(
          row.end(),
          {info.resource, GroupVersion(info), info.kind,
           info.namespaced ? std::to_string(line.namespaces.size()) : "-",
           std::to_string(line.stats.alive), std::to_string(line.stats.objects),
           std::to_string(line.stats.revisions),
           HumanSize(static_cast<std::uintmax_t>(line.stats.bytes)),
           line.since ? kube::FormatLocal(*line.since, zone) : "-"});
      if (!listing_.wide()) continue;
      std::string short_names;
      for (const std::string& name : info.short_names) {
        short_names += (short_names.empty() ? "" : ",") + name;
      }
      row.push_back(short_names.empty() ? "-" : short_names);
      std::set<std::string> shown;
      for (const std::string& state : line.states) {
        shown.insert(ShownState(state, line.stopped));
      }
      row.push_back(shown.empty() ? "-" : Joined(shown));
    }
    listing_.WriteTable(header, rows, out);
  }

  static output::Value Document(const std::vector<ResourceLine>& lines,
                                output::Value errors) {
    output::Value document = NewAnswer("ResourceList");
    document["items"] = output::Value::Array();
    for (const ResourceLine& line : lines) {
      const kube::ResourceInfo& info = line.target.info;
      output::Value item = output::Value::Object();
      item["cluster"] = TextValue(line.cluster);
      item["group"] = TextValue(info.group);
      item["version"] = TextValue(info.version);
      item["resource"] = TextValue(info.resource);
      item["kind"] = TextValue(info.kind);
      item["namespaced"] = output::Value::Bool(info.namespaced);
      item["shortNames"] = output::Value::Array();
      for (const std::string& name : info.short_names) {
        item["shortNames"].items.push_back(TextValue(name));
      }
      item["namespaces"] = output::Value::Array();
      for (const std::string& name : line.namespaces) {
        item["namespaces"].items.push_back(TextValue(name));
      }
      item["alive"] = NumberValue(line.stats.alive);
      item["objects"] = NumberValue(line.stats.objects);
      item["revisions"] = NumberValue(line.stats.revisions);
      item["bytes"] = NumberValue(line.stats.bytes);
      item["since"] = TimeValue(line.since);
      item["state"] = TextValue(Joined(line.states));
      document["items"].items.push_back(std::move(item));
    }
    if (!errors.items.empty()) document["errors"] = std::move(errors);
    return document;
  }

  Listing listing_;
};

}  // namespace

std::unique_ptr<Command> MakeResources(const Common& common) {
  return std::make_unique<Resources>(common);
}

}  // namespace kubescribe::tool
