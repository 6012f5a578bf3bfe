// kubescribe get: the objects of types as they were at an instant.
#include "kubescribe/get.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <iostream>
#include <optional>
#include <string_view>
#include <utility>

#include "kube/user_time.h"
#include "kubescribe/get_document.h"
#include "kubescribe/get_table.h"
#include "kubescribe/get_watch.h"
#include "output/sort_by.h"
#include "query/parallel.h"

namespace kubescribe::tool {
namespace {

constexpr char kGetExamples[] = R"(Examples:
  kubescribe get pods -n prod --at '2h ago'
  kubescribe get deploy/web -o yaml --at 02:15
  kubescribe get po,svc -A -l app=web -o wide
  kubescribe get all -n prod --at 'yesterday 14:00'
  kubescribe get pods -A --deleted --since 1h
  kubescribe get pods -A --changed-since 10m
  kubescribe get deploy web --all-clusters
  kubescribe get configmaps --rv 4711 -o json
)";

// "-o=json" is "-o json", as kubectl takes it.
std::string WithoutEquals(std::string value) {
  if (!value.empty() && value.front() == '=') value.erase(0, 1);
  return value;
}

// "30s", "1m30s", "500ms", "5" (seconds); none: it is no duration.
std::optional<Micros> DurationOf(std::string_view text) {
  constexpr std::int64_t kMost = 1'000'000'000;
  Micros total = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    std::int64_t number = 0;
    const auto parsed =
        std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc() || number < 0 || number > kMost) {
      return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
    const std::string_view unit =
        text.substr(0, std::min(text.find_first_of("0123456789"), text.size()));
    text.remove_prefix(unit.size());
    const Micros one = unit == "ms"                  ? kMillisecond
                       : unit == "s" || unit.empty() ? kSecond
                       : unit == "m"                 ? kMinute
                       : unit == "h"                 ? kHour
                                                     : 0;
    // A number alone is seconds, and then it is all there is.
    if (one == 0 || (unit.empty() && total != 0)) return std::nullopt;
    total += number * one;
  }
  return total;
}

std::vector<std::string> Described(const ClusterAnswer& answer,
                                   const std::string& before) {
  std::vector<std::string> texts;
  for (const query::Warning& warning : answer.state.warnings) {
    texts.push_back(before + query::Describe(warning));
  }
  for (const query::TypeState& type : answer.state.types) {
    for (const query::Warning& warning : type.warnings) {
      texts.push_back(before + query::Describe(warning));
    }
  }
  return texts;
}

class Get final : public Command {
 public:
  using Command::Command;

  void Declare(CLI::App& app) override {
    app_ = app.add_subcommand("get", "Objects as they were at an instant");
    app_->footer(kGetExamples);
    app_->add_option("what", words_,
                     "TYPE [NAME...] or TYPE/NAME...; TYPE may be several "
                     "with commas, a category (all), or with a version "
                     "(apps/v1/deployments)")
        ->required()
        ->type_name("TYPE");
    namespace_.Declare(*app_);
    DeclareTimes();
    app_->add_option("-l,--selector", labels_, "Label selector")
        ->transform(WithoutEquals)
        ->type_name("EXPR");
    app_->add_option("--field-selector", fields_, "Field selector")
        ->type_name("EXPR");
    app_->add_option("-o,--output", output_,
                     "wide, name, json, yaml, jsonpath=TEMPLATE, "
                     "jsonpath-as-json=TEMPLATE, jsonpath-file=FILE, "
                     "custom-columns=SPEC or custom-columns-file=FILE")
        ->transform(WithoutEquals)
        ->type_name("FORMAT");
    app_->add_option("--sort-by", options_.sort_by,
                     "In the order of this field ('.metadata.name')")
        ->type_name("PATH");
    app_->add_flag("--show-labels", options_.show_labels,
                   "All labels as the last column");
    app_->add_option("-L,--label-columns", options_.label_columns,
                     "A column of each of these labels")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->transform(WithoutEquals)
        ->type_name("LABELS");
    app_->add_flag("--show-kind", options_.show_kind,
                   "The kind in front of each name");
    app_->add_flag("--no-headers", options_.no_headers,
                   "No line of column names");
    app_->add_flag("--ignore-not-found", options_.ignore_not_found,
                   "Say nothing of what is not there, and exit with 0");
    app_->add_flag("--show-managed-fields", options_.managed_fields,
                   "Keep metadata.managedFields in json and yaml");
    DeclareWatch();
    app_->add_flag("--strict", strict_,
                   "Exit with 4 when the answer is uncertain");
  }

  int Run() override {
    const Status checked = Check();
    if (!checked.ok()) return Fail(checked.error());
    Result<std::vector<query::DatabaseFile>> files = Files();
    if (!files.ok()) return Fail(files.error());
    options_.with_cluster = several_;
    const bool watches = options_.watch || options_.watch_only;
    std::vector<ClusterAnswer> answers;
    for (query::DatabaseFile& file : *files) {
      ClusterAnswer answer;
      answer.request = request_;
      answer.request.name_space = namespace_.Resolve(file.cluster);
      answer.file = std::move(file);
      answers.push_back(std::move(answer));
    }
    if (watches) return Watch(options_, answers);
    query::InParallel(answers.size(), [&](std::size_t i) {
      ClusterAnswer& answer = answers[i];
      Result<query::State> state =
          query::AskState(answer.file.path, answer.request);
      const Status fits = state.ok() ? Fits(*state) : state.error();
      if (fits.ok()) {
        answer.state = std::move(*state);
      } else {
        answer.error = fits.error();
      }
    });
    return Print(answers);
  }

 private:
  void DeclareTimes() {
    auto* at = app_->add_option("--at", at_, "The instant (default: now)")
                   ->type_name("TIME");
    auto* rv =
        app_->add_option("--rv", rv_, "At this resourceVersion of the type")
            ->type_name("N");
    auto* seq = app_->add_option("--seq", seq_, "As recorded up to this seq")
                    ->type_name("N")
                    ->check(CheckSeq);
    at->excludes(rv)->excludes(seq);
    rv->excludes(seq);
    auto* deleted = app_->add_flag(
        "--deleted", deleted_,
        "What lived and was gone by then, as it was last, with when and how "
        "surely it ended");
    app_->add_option("--since", since_,
                     "With --deleted: what ended since then (default: since "
                     "the record begins)")
        ->needs(deleted)
        ->type_name("TIME");
    auto* changed =
        app_->add_option("--changed-since", changed_since_,
                         "Only what is new or was changed since then")
            ->type_name("TIME");
    changed->excludes(deleted);
    for (auto* span : {deleted, changed}) span->excludes(rv)->excludes(seq);
  }

  void DeclareWatch() {
    app_->add_flag("-w,--watch", options_.watch,
                   "Then go on with each change as it is recorded, until "
                   "interrupted");
    app_->add_flag("--watch-only", options_.watch_only,
                   "The changes alone, without what is there at first");
    app_->add_flag("--output-watch-events", options_.watch_events,
                   "With -w: say of each whether it was added, modified or "
                   "deleted");
    app_->add_option("--timeout,--request-timeout", timeout_,
                     "With -w: end after this time (30s, 5m); 0: never")
        ->type_name("DURATION");
  }

  Status Check() {
    options_.all_namespaces = namespace_.all;
    if (options_.show_labels && !output_.empty() && output_ != "wide") {
      return Error(Code::kInvalid, "--show-labels option cannot be used with " +
                                       output_ + " printer");
    }
    Result<output::ObjectFormat> format =
        output::ObjectFormat::Parse(output_, options_.no_headers);
    if (!format.ok()) return format.error();
    options_.format = std::move(*format);
    if (!options_.sort_by.empty()) {
      const auto sort =
          output::SortBy::Parse(options_.sort_by, output::SortBy::Of::kRows);
      if (!sort.ok()) return Error(Code::kInvalid, sort.error().message());
    }
    return ReadTimes();
  }

  Status ReadTimes() {
    request_.words = words_;
    request_.label_selector = labels_;
    request_.field_selector = fields_;
    if (at_) {
      Result<query::When> when = ParseWhen(*at_, "--at");
      if (!when.ok()) return when.error();
      request_.when = *when;
    }
    if (!rv_.empty()) request_.when.rv = rv_;
    request_.when.seq = seq_ ? seq_ : request_.when.seq;
    Status watch = ReadWatch();
    if (!watch.ok()) return watch;
    if (deleted_) request_.deleted_since = kEver;
    for (const auto& [text, flag, target] :
         {std::tuple(&since_, "--since", &request_.deleted_since),
          std::tuple(&changed_since_, "--changed-since",
                     &request_.changed_since)}) {
      if (text->empty()) continue;
      const Result<Micros> time = ParseTime(*text, flag);
      if (!time.ok()) return time.error();
      *target = *time;
    }
    if ((deleted_ || request_.changed_since) &&
        (request_.when.rv || request_.when.seq)) {
      return Error(Code::kInvalid,
                   "a span of time ends at a time: give --at one");
    }
    return {};
  }

  Status ReadWatch() {
    const bool watches = options_.watch || options_.watch_only;
    if (options_.watch_events && !watches) {
      return Error(Code::kInvalid,
                   "--output-watch-events option can only be used with --watch "
                   "or --watch-only");
    }
    if (watches && (deleted_ || !changed_since_.empty())) {
      return Error(Code::kInvalid,
                   "-w goes on from now: leave --deleted and --changed-since "
                   "out");
    }
    if (timeout_.empty()) return {};
    const std::optional<Micros> timeout = DurationOf(timeout_);
    if (!timeout) {
      return Error(Code::kInvalid, "--timeout: \"" + timeout_ +
                                       "\" is no duration such as 30s or 5m");
    }
    if (*timeout > 0) options_.timeout = *timeout;
    return {};
  }

  Result<std::vector<query::DatabaseFile>> Files() {
    const query::Place& place = common_.place;
    several_ = place.all_clusters || place.clusters.size() > 1;
    if (several_) return query::FindDatabases(place);
    const Result<query::DatabaseFile> file = query::FindDatabase(place);
    if (!file.ok()) return file.error();
    return std::vector<query::DatabaseFile>{*file};
  }

  // Names and selectors do not go together, as with kubectl.
  Status Fits(const query::State& state) const {
    for (const query::TypeState& type : state.types) {
      if (type.target.names.empty()) continue;
      if (!labels_.empty() || !fields_.empty()) {
        return Error(Code::kInvalid,
                     "name cannot be provided when a selector is specified");
      }
      if (namespace_.all && type.target.row.namespaced) {
        return Error(Code::kInvalid,
                     "a resource cannot be retrieved by name across all "
                     "namespaces");
      }
    }
    return {};
  }

  int Print(std::vector<ClusterAnswer>& answers) {
    const auto misused = [](const ClusterAnswer& answer) {
      return answer.error && answer.error->code() == Code::kInvalid;
    };
    if ((!several_ && answers.front().error) ||
        std::all_of(answers.begin(), answers.end(), misused)) {
      return Fail(*answers.front().error);
    }
    bool uncertain = false;
    std::vector<std::string> doubts;
    for (const ClusterAnswer& answer : answers) {
      if (answer.error) continue;
      const auto texts =
          Described(answer, several_ ? answer.file.cluster + ": " : "");
      doubts.insert(doubts.end(), texts.begin(), texts.end());
      uncertain = SayDoubts(answer) || uncertain;
    }
    const std::vector<std::string> missing = Missing(answers);
    const bool one = !several_ && answers.front().state.one_object &&
                     !request_.deleted_since;
    Out out;
    bool any = false;
    if (options_.table()) {
      any = PrintTables(options_, answers, out);
    } else if (!one || missing.empty()) {
      const Result<bool> printed =
          PrintDocument(options_, one, doubts, answers, out);
      if (!printed.ok()) {
        out.Flush();
        return Fail(printed.error());
      }
      any = *printed;
    }
    out.Flush();
    if (!options_.ignore_not_found) {
      for (const std::string& line : missing) SayLine(line);
      if (!any && missing.empty() && options_.table()) SayNothing(answers);
    }
    if (options_.table()) SayAge(answers);
    const bool failed = SayFailures(answers);
    if (!out.ok() || failed) return kExitError;
    if (strict_ && uncertain) return kExitUncertain;
    if (options_.ignore_not_found) return kExitFound;
    return any && missing.empty() ? kExitFound : kExitNothing;
  }

  // True: there is a doubt.
  bool SayDoubts(const ClusterAnswer& answer) const {
    std::vector<query::Warning> warnings = answer.state.warnings;
    for (const query::TypeState& type : answer.state.types) {
      warnings.insert(warnings.end(), type.warnings.begin(),
                      type.warnings.end());
    }
    return SayWarnings(answer.state.file_warnings, warnings,
                       several_ ? answer.file.cluster : "");
  }

  // kubectl's line for each name that no cluster had.
  std::vector<std::string> Missing(
      const std::vector<ClusterAnswer>& answers) const {
    std::vector<std::pair<std::string, std::size_t>> counts;
    std::size_t asked = 0;
    for (const ClusterAnswer& answer : answers) {
      if (answer.error) continue;
      ++asked;
      for (const query::TypeState& type : answer.state.types) {
        for (const std::string& name : type.missing) {
          const std::string line = NotFoundLine(type, name);
          const auto same =
              std::find_if(counts.begin(), counts.end(),
                           [&](const auto& c) { return c.first == line; });
          if (same == counts.end()) {
            counts.emplace_back(line, 1);
          } else {
            ++same->second;
          }
        }
      }
    }
    std::vector<std::string> lines;
    for (const auto& [line, count] : counts) {
      if (count >= asked) lines.push_back(line);
    }
    return lines;
  }

  void SayNothing(const std::vector<ClusterAnswer>& answers) const {
    std::optional<std::string> where;
    bool namespaced = !options_.all_namespaces;
    bool asked = false;
    for (const ClusterAnswer& answer : answers) {
      if (answer.error) continue;
      asked = true;
      for (const query::TypeState& type : answer.state.types) {
        namespaced = namespaced && type.target.row.namespaced;
      }
      if (!where) where = answer.request.name_space;
      namespaced = namespaced && where == answer.request.name_space;
    }
    if (!asked) return;
    SayLine(namespaced && where
                ? "No resources found in " + *where + " namespace."
                : "No resources found");
  }

  // An answer about "now" from a record that ended a while ago.
  void SayAge(const std::vector<ClusterAnswer>& answers) const {
    const query::When& when = request_.when;
    if (when.at || when.rv || when.seq) return;
    for (const ClusterAnswer& answer : answers) {
      if (answer.error) continue;
      const Micros until = answer.state.file.known_until;
      const Micros age = SystemClock().Wall() - until;
      if (age < kMinute) continue;
      Say("note", (several_ ? answer.file.cluster + ": " : "") +
                      "the record ends at " +
                      kube::FormatZoned(until, kube::LocalZone()) + ", " +
                      kube::HumanDuration(age) + " ago");
    }
  }

  // Clusters that could not be read, and bodies that are not what was
  // recorded. True: there was one.
  bool SayFailures(const std::vector<ClusterAnswer>& answers) const {
    bool failed = false;
    for (const ClusterAnswer& answer : answers) {
      const std::string before = several_ ? answer.file.cluster + ": " : "";
      for (const query::TypeState& type : answer.state.types) {
        for (const std::string& what : type.damaged) {
          failed = true;
          Say("error", before + what);
        }
      }
      if (!answer.error) continue;
      failed = true;
      Say("error", before + answer.error->message());
    }
    return failed;
  }

  static constexpr Micros kEver = 0;

  std::vector<std::string> words_;
  NamespaceFlags namespace_;
  query::StateRequest request_;
  GetOptions options_;
  std::string output_;
  std::string labels_;
  std::string fields_;
  std::optional<std::string> at_;
  std::string rv_;
  std::optional<store::Seq> seq_;
  bool deleted_ = false;
  std::string since_;
  std::string changed_since_;
  std::string timeout_;
  bool strict_ = false;
  bool several_ = false;
};

}  // namespace

std::string KindPrefix(const query::Target& target) {
  std::string name = target.info.kind;
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return target.info.group.empty() ? name : name + "." + target.info.group;
}

std::string NotFoundLine(const query::TypeState& type,
                         const std::string& name) {
  return "Error from server (NotFound): " +
         type.target.info.group_resource().ToString() + " \"" + name +
         "\" not found";
}

void SayLine(const std::string& line) {
  std::cerr << output::EscapeControls(line) << std::endl;
}

std::string Shown(const std::string& text, const Out& out) {
  return out.look().terminal ? output::EscapeControls(text) : text;
}

std::unique_ptr<Command> MakeGet(const Common& common) {
  return std::make_unique<Get>(common);
}

}  // namespace kubescribe::tool
