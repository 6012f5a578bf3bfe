// kubescribe get: the objects of a type as they were at an instant.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>

#include "kube/printers.h"
#include "kube/user_time.h"
#include "kubescribe/command.h"
#include "output/table.h"
#include "output/yaml.h"

namespace kubescribe::tool {
namespace {

constexpr char kGetExamples[] = R"(Examples:
  kubescribe get pods -n prod --at '2h ago'
  kubescribe get deploy/web -o yaml --at 02:15
  kubescribe get po,svc -A -l app=web -o wide
  kubescribe get configmaps --rv 4711 -o json
)";

std::string Upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 0x20);
  }
  return text;
}

// "pod", "deployment.apps": how kubectl writes a kind before a name.
std::string KindPrefix(const query::Target& target) {
  std::string name = target.info.singular;
  if (name.empty()) {
    name = target.info.kind;
    for (char& c : name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    }
  }
  if (!target.info.group.empty()) name += "." + target.info.group;
  return name;
}

class Get final : public Command {
 public:
  using Command::Command;

  void Declare(CLI::App& app) override {
    app_ = app.add_subcommand("get", "Objects as they were at an instant");
    app_->footer(kGetExamples);
    app_->add_option("what", words_, "TYPE [NAME...] or TYPE/NAME...")
        ->required()
        ->type_name("TYPE");
    namespace_.Declare(*app_);
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
    app_->add_option("-l,--selector", request_.label_selector, "Label selector")
        ->type_name("EXPR");
    app_->add_option("--field-selector", request_.field_selector,
                     "Field selector")
        ->type_name("EXPR");
    app_->add_option("-o,--output", output_, "wide, name, json or yaml")
        ->check(CLI::IsMember({"", "wide", "name", "json", "yaml"}))
        ->type_name("FORMAT");
    app_->add_flag("--strict", strict_,
                   "Exit with 4 when the answer is uncertain");
    app_->add_flag("--no-headers", no_headers_, "No line of column names");
    app_->add_flag("--show-managed-fields", managed_fields_,
                   "Keep metadata.managedFields in json and yaml");
  }

  int Run() override {
    const Result<query::DatabaseFile> file = query::FindDatabase(common_.place);
    if (!file.ok()) return Fail(file.error());
    if (at_) {
      Result<query::When> when = ParseWhen(*at_, "--at");
      if (!when.ok()) return Fail(when.error());
      request_.when = *when;
    }
    if (!rv_.empty()) request_.when.rv = rv_;
    request_.when.seq = seq_ ? seq_ : request_.when.seq;
    request_.words = words_;
    request_.name_space = namespace_.Resolve(file->cluster);
    const Result<query::State> state = query::GetState(file->path, request_);
    if (!state.ok()) return Fail(state.error());
    return Print(*state);
  }

 private:
  int Print(const query::State& state) {
    std::vector<query::Warning> warnings;
    for (const auto& type : state.types) {
      warnings.insert(warnings.end(), type.warnings.begin(),
                      type.warnings.end());
    }
    SayWarnings(state.file_warnings, warnings);
    Out out;
    bool missing = false;
    bool any = false;
    bool damaged = false;
    for (const auto& type : state.types) {
      any = any || !type.objects.empty();
      for (const std::string& what : type.damaged) {
        damaged = true;
        Say("error", what);
      }
      for (const std::string& name : type.missing) {
        missing = true;
        Say("error", type.target.info.group_resource().ToString() + " \"" +
                         name + "\" not found" + Where(type));
      }
    }
    const bool document = output_ == "json" || output_ == "yaml";
    if (document) {
      const Status printed = PrintDocument(state, warnings, missing, out);
      if (!printed.ok()) return Fail(printed.error());
    } else if (output_ == "name") {
      PrintNames(state, out);
    } else {
      PrintTables(state, out);
      SayAge(state);
    }
    if (!any && !missing && !document) {
      const std::string where = Where(state.types.front());
      std::cerr << "No resources found" << where << (where.empty() ? "" : ".")
                << std::endl;
    }
    out.Flush();
    if (!out.ok() || damaged) return kExitError;
    if (strict_ && !warnings.empty()) return kExitUncertain;
    return any && !missing ? kExitFound : kExitNothing;
  }

  std::string Where(const query::TypeState& type) const {
    std::string where;
    if (type.target.row.namespaced && request_.name_space) {
      where = " in " + *request_.name_space + " namespace";
    }
    if (request_.when.at) {
      where += " at " + kube::FormatZoned(type.at, kube::LocalZone());
    }
    if (request_.when.rv) where += " at resourceVersion " + rv_text();
    return where;
  }
  std::string rv_text() const { return request_.when.rv.value_or(""); }

  // An answer about "now" from a record that ended a while ago.
  void SayAge(const query::State& state) const {
    const query::When& when = request_.when;
    if (when.at || when.rv || when.seq) return;
    const Micros age = SystemClock().Wall() - state.file.known_until;
    if (age < kMinute) return;
    Say("note",
        "the record ends at " +
            kube::FormatZoned(state.file.known_until, kube::LocalZone()) +
            ", " + kube::HumanDuration(age) + " ago");
  }

  Status PrintDocument(const query::State& state,
                       const std::vector<query::Warning>& warnings,
                       bool missing, Out& out) const {
    std::vector<output::Value> items;
    std::size_t names = 0;
    for (const auto& type : state.types) {
      names += type.target.names.size();
      for (const query::Object& object : type.objects) {
        Result<output::Value> value = output::ParseJson(object.json);
        if (!value.ok()) {
          return value.error().Wrap("seq " +
                                    std::to_string(object.revision.seq));
        }
        if (!managed_fields_) HideManagedFields(*value);
        items.push_back(std::move(*value));
      }
    }
    if (names == 1 && items.size() <= 1) {
      if (missing || items.empty()) return {};
      Show(items.front(), out);
      return {};
    }
    output::Value list = output::Value::Object();
    list["apiVersion"] = output::Value::String("v1");
    list["kind"] = output::Value::String("List");
    output::Value metadata = output::Value::Object();
    metadata["resourceVersion"] = output::Value::String("");
    if (!warnings.empty()) {
      std::string reasons;
      for (const query::Warning& warning : warnings) {
        reasons += (reasons.empty() ? "" : "; ") + query::Describe(warning);
      }
      metadata["annotations"] = output::Value::Object();
      metadata["annotations"]["kubescribe.dev/uncertain"] =
          output::Value::String(reasons);
    }
    list["metadata"] = std::move(metadata);
    list["items"] = output::Value::Array();
    list["items"].items = std::move(items);
    Show(list, out);
    return {};
  }

  void Show(const output::Value& value, Out& out) const {
    const std::string text = output_ == "yaml" ? output::ToYaml(value)
                                               : output::ToJson(value) + "\n";
    out.Write(out.look().terminal ? output::EscapeControls(text) : text);
  }

  static void PrintNames(const query::State& state, Out& out) {
    for (const auto& type : state.types) {
      const std::string prefix = KindPrefix(type.target) + "/";
      for (const query::Object& object : type.objects) {
        out.Write(output::EscapeControls(prefix + object.revision.name) + "\n");
      }
    }
  }

  void PrintTables(const query::State& state, Out& out) const {
    bool first = true;
    for (const auto& type : state.types) {
      if (type.objects.empty()) continue;
      if (!first) out.Write("\n");
      first = false;
      PrintTable(type, state.types.size() > 1, out);
    }
  }

  void PrintTable(const query::TypeState& type, bool with_kind,
                  Out& out) const {
    const kube::GroupResource resource{type.target.row.group,
                                       type.target.row.resource};
    const std::vector<kube::Column> columns = kube::PrinterColumns(resource);
    const bool with_namespace = type.target.row.namespaced && namespace_.all;
    const auto shown = [&](std::size_t i) {
      return output_ == "wide" || !columns[i].wide;
    };
    std::vector<std::string> header;
    if (!no_headers_) {
      if (with_namespace) header.emplace_back("NAMESPACE");
      for (std::size_t i = 0; i < columns.size(); ++i) {
        if (shown(i)) header.push_back(Upper(columns[i].name));
      }
    }
    std::vector<std::vector<std::string>> rows;
    for (const query::Object& object : type.objects) {
      std::vector<std::string> cells =
          kube::PrinterCells(resource, object.json, type.at);
      std::vector<std::string>& row = rows.emplace_back();
      if (with_namespace) row.push_back(object.revision.name_space);
      if (with_kind && !cells.empty()) {
        cells[0] = KindPrefix(type.target) + "/" + cells[0];
      }
      for (std::size_t i = 0; i < columns.size() && i < cells.size(); ++i) {
        if (shown(i)) row.push_back(std::move(cells[i]));
      }
    }
    out.Write(output::RenderTable(header, rows));
  }

  std::vector<std::string> words_;
  NamespaceFlags namespace_;
  query::StateRequest request_;
  std::optional<std::string> at_;
  std::string rv_;
  std::optional<store::Seq> seq_;
  std::string output_;
  bool strict_ = false;
  bool no_headers_ = false;
  bool managed_fields_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeGet(const Common& common) {
  return std::make_unique<Get>(common);
}

}  // namespace kubescribe::tool
