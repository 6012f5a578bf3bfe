// kubescribe get: the objects of types as they were at an instant.
#include "kubescribe/get.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "kube/user_time.h"
#include "kubescribe/get_document.h"
#include "kubescribe/get_table.h"
#include "kubescribe/get_watch.h"
#include "kubescribe/selection_flags.h"
#include "output/sort_by.h"
#include "query/parallel.h"

namespace kubescribe::tool {
namespace {

constexpr char kGetExamples[] = R"(Examples:
  kubescribe get pods -n team-0 --at '10m ago'
  kubescribe get deploy/web-0 -n team-0 -o yaml --at now
  kubescribe get po,deploy -A -l app=web-0 -o wide
  kubescribe get all -n team-0 --at 'yesterday 14:00'
  kubescribe get pods -A --deleted --since 1h
  kubescribe get pods -A --changed-since 1h
  kubescribe get deploy web-0 -n team-0 --all-clusters
  kubescribe get configmaps -A --rv 4711 -o json
)";

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

class Get final : public Command {
 public:
  using Command::Command;

  void Declare(CLI::App& app) override {
    app_ = app.add_subcommand("get", "Objects as they were at an instant");
    app_->footer(kGetExamples);
    selection_.Declare(*app_,
                       "TYPE [NAME...] or TYPE/NAME...; TYPE may be several "
                       "with commas, a category (all), or with a version "
                       "(apps/v1/deployments)");
    DeclareSpans();
    app_->add_option("--field-selector", fields_, "Field selector")
        ->type_name("EXPR");
    app_->add_option("-o,--output", output_,
                     "wide, name, json, yaml, jsonpath=TEMPLATE, "
                     "jsonpath-as-json=TEMPLATE, jsonpath-file=FILE, "
                     "custom-columns=SPEC or custom-columns-file=FILE")
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
  }

  int Run() override {
    const Status checked = Check();
    if (!checked.ok()) return Fail(checked.error());
    Result<ClusterAnswers> asked = ClusterAnswers::Of(common_.place);
    if (!asked.ok()) return Fail(asked.error());
    options_.with_cluster = asked->several();
    for (ClusterAnswer& answer : asked->all()) {
      answer.request = selection_.InCluster(request_, answer.file.cluster);
    }
    if (options_.watches()) return Watch(options_, asked->all());
    query::InParallel(asked->all().size(), [&](std::size_t i) {
      ClusterAnswer& answer = asked->all()[i];
      Result<query::State> state =
          query::AskState(answer.file.path, answer.request);
      const Status fits = state.ok() ? Fits(*state) : state.error();
      if (fits.ok()) {
        answer.state = std::move(*state);
      } else {
        answer.error = fits.error();
      }
    });
    return Print(*asked);
  }

 private:
  void DeclareSpans() {
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
    for (auto* span : {deleted, changed}) {
      span->excludes(selection_.rv)->excludes(selection_.seq);
    }
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
    options_.all_namespaces = selection_.name_space.all;
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
    Result<query::StateRequest> request = selection_.Read();
    if (!request.ok()) return request.error();
    request_ = std::move(*request);
    request_.field_selector = fields_;
    Status watch = ReadWatch();
    if (!watch.ok()) return watch;
    if (deleted_) request_.deleted_since = query::kSinceTheRecord;
    for (const auto& [text, flag, target] :
         {std::tuple(&since_, "--since", &request_.deleted_since),
          std::tuple(&changed_since_, "--changed-since",
                     &request_.changed_since)}) {
      if (text->empty()) continue;
      const Result<Micros> time = ParseTime(*text, flag);
      if (!time.ok()) return time.error();
      Status span = CheckSpan(*time, flag, request_.when.at, "--at");
      if (!span.ok()) return span;
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
    const bool watches = options_.watches();
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

  // Names and selectors do not go together, as with kubectl.
  Status Fits(const query::State& state) const {
    for (const query::TypeState& type : state.types) {
      if (type.target.names.empty()) continue;
      if (!request_.label_selector.empty() || !fields_.empty()) {
        // No name has a slash: this one stands behind its type's.
        const bool pair = request_.words.back().find('/') != std::string::npos;
        return Error(Code::kInvalid,
                     pair ? "selectors and the all flag cannot be used when "
                            "passing resource/name arguments"
                          : "name cannot be provided when a selector is "
                            "specified");
      }
      if (options_.all_namespaces && type.target.row.namespaced) {
        return Error(Code::kInvalid,
                     "a resource cannot be retrieved by name across all "
                     "namespaces");
      }
    }
    return {};
  }

  int Print(ClusterAnswers& asked) {
    if (const auto error = asked.OnlyError()) return Fail(*error);
    std::vector<ClusterAnswer>& answers = asked.all();
    const std::vector<std::string> doubts = asked.DoubtLines();
    const std::vector<std::string> missing = asked.MissingLines();
    const bool one = !asked.several() && answers.front().state.one_object &&
                     !request_.deleted_since;
    // One object has no list around it that could say why.
    const bool uncertain = asked.SayDoubts(one ? "" : "-o json");
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
      asked.SayMissing();
      if (!any && missing.empty() && options_.table()) asked.SayNothing(false);
    }
    if (options_.table()) asked.SayAge();
    const bool failed = asked.SayFailures();
    if (!out.ok() || failed) return kExitError;
    if (selection_.strict && uncertain) return kExitUncertain;
    if (options_.ignore_not_found) return kExitFound;
    return any && missing.empty() ? kExitFound : kExitNothing;
  }

  SelectionFlags selection_;
  query::StateRequest request_;
  GetOptions options_;
  std::string output_;
  std::string fields_;
  bool deleted_ = false;
  std::string since_;
  std::string changed_since_;
  std::string timeout_;
};

}  // namespace

std::string KindPrefix(const query::Target& target) {
  std::string name = target.info.kind;
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return target.info.group.empty() ? name : name + "." + target.info.group;
}

std::string LostCell(const query::Object& object) {
  const std::string lost(query::LostBody(object));
  return lost.empty() ? "" : "<" + lost + ">";
}

std::unique_ptr<Command> MakeGet(const Common& common) {
  return std::make_unique<Get>(common);
}

}  // namespace kubescribe::tool
