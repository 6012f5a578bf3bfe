// kubescribe diff: what changed in one object between two instants.
#include "output/diff.h"

#include <CLI/CLI.hpp>

#include "kube/user_time.h"
#include "kubescribe/command.h"
#include "output/yaml.h"
#include "query/history.h"

namespace kubescribe::tool {
namespace {

constexpr char kDiffExamples[] = R"(Examples:
  kubescribe diff deploy/web-0 -n team-0 --from 1h
  kubescribe diff deploy/web-0 -n team-0 --from 'yesterday 14:00' --to now
  kubescribe diff deploy/web-0 -n team-0 --from seq:400 --to now

Exit codes: 0 equal, 1 different, 2 error, 4 with --strict when either side is
uncertain.
)";

constexpr int kEqual = 0;
constexpr int kDifferent = 1;
constexpr int kTrouble = 2;

class Diff final : public Command {
 public:
  using Command::Command;

  void Declare(CLI::App& app) override {
    app_ = app.add_subcommand("diff", "What changed between two instants");
    app_->footer(kDiffExamples);
    app_->add_option("what", words_, "TYPE/NAME or TYPE NAME")
        ->required()
        ->expected(1, 2)
        ->type_name("TYPE/NAME");
    namespace_.Declare(*app_);
    app_->add_option("--from", from_, "The older instant")
        ->required()
        ->type_name("TIME");
    app_->add_option("--to", to_, "The newer instant (default: now)")
        ->type_name("TIME");
    app_->add_flag("--strict", strict_,
                   "Exit with 4 when either side is uncertain");
    app_->add_flag("--show-managed-fields", managed_fields_,
                   "Compare metadata.managedFields too");
  }

  int Run() override {
    const Result<query::DatabaseFile> file = query::FindDatabase(common_.place);
    if (!file.ok()) return Trouble(file.error());
    if (namespace_.all) {
      return Trouble(Error(Code::kInvalid,
                           "diff is about one object: name its namespace"));
    }
    const Result<query::When> from = ParseWhen(from_, "--from");
    if (!from.ok()) return Trouble(from.error());
    const Result<query::When> to = ParseWhen(to_, "--to");
    if (!to.ok()) return Trouble(to.error());
    const Result<query::Comparison> sides = query::Compare(
        file->path, words_, namespace_.Resolve(file->cluster), *from, *to);
    if (!sides.ok()) return Trouble(sides.error());
    const bool uncertain = SayWarnings(sides->file_warnings, sides->warnings);
    const Result<std::string> before = Text(sides->from);
    if (!before.ok()) return Trouble(before.error());
    const Result<std::string> after = Text(sides->to);
    if (!after.ok()) return Trouble(after.error());
    Out out;
    const std::string diff = output::UnifiedDiff(
        Shown(*before, out), Shown(*after, out), Label(*sides, sides->from),
        Label(*sides, sides->to), out.look().colour);
    SayRedacted(diff);
    out.Write(diff);
    out.Flush();
    if (!out.ok()) return kTrouble;
    if (strict_ && uncertain) return kExitUncertain;
    return diff.empty() ? kEqual : kDifferent;
  }

 private:
  static int Trouble(const Error& error) {
    Fail(error);
    return kTrouble;
  }

  Result<std::string> Text(const query::Side& side) const {
    if (!side.revision) return std::string();
    Result<output::Value> value = output::ParseJson(side.json);
    if (!value.ok()) return value.error();
    if (!managed_fields_) HideManagedFields(*value);
    return output::ToYaml(*value);
  }

  static std::string Label(const query::Comparison& sides,
                           const query::Side& side) {
    std::string label = sides.target.info.group_resource().ToString() + "/" +
                        sides.target.names.front() + "\t" +
                        kube::FormatZoned(side.at, kube::LocalZone());
    if (!side.revision) {
      return label + (side.certain ? " (did not exist)" : " (not recorded)");
    }
    if (!side.revision->rv.empty()) label += " rv " + side.revision->rv;
    return output::EscapeControls(label);
  }

  std::vector<std::string> words_;
  NamespaceFlags namespace_;
  std::string from_;
  std::string to_ = "now";
  bool strict_ = false;
  bool managed_fields_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeDiff(const Common& common) {
  return std::make_unique<Diff>(common);
}

}  // namespace kubescribe::tool
