// kubescribe export: every record as JSON lines.
#include "query/export.h"

#include <CLI/CLI.hpp>

#include "kubescribe/command.h"

namespace kubescribe::tool {
namespace {

constexpr char kExportExamples[] = R"(Examples:
  kubescribe export > all.jsonl
  kubescribe export --after 1200 --cluster prod
  kubescribe export | jq 'select(.record == "gap")'
)";

class ExportCommand final : public Command {
 public:
  using Command::Command;

  void Declare(CLI::App& app) override {
    app_ = app.add_subcommand("export", "Every record as JSON lines");
    app_->footer(kExportExamples);
    app_->add_option("--after", request_.after,
                     "Only records after this seq (of one cluster)")
        ->type_name("SEQ")
        ->check(CheckSeq);
    app_->add_option("--last", request_.last,
                     "Only records up to this seq (of one cluster)")
        ->type_name("SEQ")
        ->check(CheckSeq);
    app_->add_flag("--strict", strict_,
                   "Exit with 4 when records of it were pruned");
  }

  int Run() override {
    const auto files = query::FindDatabases(common_.place);
    if (!files.ok()) return Fail(files.error());
    if (files->size() > 1 && (request_.after != 0 || request_.last)) {
      return Fail(Error(Code::kInvalid,
                        "a seq is one of one cluster: choose it with "
                        "--cluster"));
    }
    Out out;
    bool whole = true;
    bool damaged = false;
    request_.damaged = [&](const std::string& what) {
      Say("error", what);
      damaged = true;
    };
    for (const query::DatabaseFile& file : *files) {
      const auto pruned = query::PrunedOfExport(file.path, request_);
      if (!pruned.ok()) return Fail(pruned.error());
      for (const std::string& why : *pruned) {
        Say("warning", "pruned: " + file.cluster + ": " + why);
        whole = false;
      }
      const Result<store::Seq> done =
          query::Export(file.path, request_, [&](const std::string& line) {
            return out.Write(line) && out.Write("\n");
          });
      if (!done.ok()) {
        out.Flush();
        return Fail(done.error());
      }
    }
    out.Flush();
    if (!out.ok() || damaged) return kExitError;
    return strict_ && !whole ? kExitUncertain : kExitFound;
  }

 private:
  query::ExportRequest request_;
  bool strict_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeExport(const Common& common) {
  return std::make_unique<ExportCommand>(common);
}

}  // namespace kubescribe::tool
