// kubescribe export: records as JSON lines, or a file that travels.
#include "query/export.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "kubescribe/command.h"
#include "travel/export.h"
#include "travel/filter.h"

namespace kubescribe::tool {
namespace {

constexpr char kExportExamples[] = R"(Examples:
  kubescribe export > all.jsonl
  kubescribe export --after 1200 --cluster prod
  kubescribe export | jq 'select(.record == "gap")'
  kubescribe export pods,events -n prod --since 2h > lines.jsonl
  kubescribe export -o prod.zst
  kubescribe export deploy/web -n prod --since 2h --until 1h -o web.zst

Without -o: a line for each record. With -o a file that `kubescribe import` makes
a database of again, compressed where its name ends in .zst. Of everything, the
new database answers as this one and has the same log: `kubescribe verify` finds
the same checkpoints in it. Of a part (a TYPE, -n, -l, --since, --until) it has a
log of its own, and says of what is not in it that it is not. No key of the data
directory is ever in an export, and what was redacted stays so. Beside what
changed since --since, a part has the states that were in force then; with -l
it has objects that had such labels at any time within. No file is replaced.

Exit codes: 0 exported, 1 error, 3 no revision matches (there is none in it), 4 with
--strict: records of it were pruned.
)";

// In the line of a revision (query/export.h), and of nothing else.
constexpr const char* kRevision = R"("record":"revision")";

class ExportCommand final : public Command {
 public:
  using Command::Command;

  void Declare(CLI::App& app) override {
    app_ = app.add_subcommand("export",
                              "Records as JSON lines, or a file that travels");
    app_->footer(kExportExamples);
    app_->add_option("what", part_.words,
                     "TYPE [NAME...] or TYPE/NAME... (default: everything)")
        ->type_name("TYPE");
    app_->add_option("-n,--namespace", namespace_,
                     "Only this namespace (default: all)")
        ->type_name("NAME");
    app_->add_flag("-A,--all-namespaces", all_namespaces_,
                   "All namespaces, whatever -n says");
    app_->add_option("-l,--selector", part_.label_selector, "Label selector")
        ->type_name("EXPR");
    auto* since =
        app_->add_option("--since", since_, "What changed from this time on")
            ->type_name("TIME");
    auto* until =
        app_->add_option("--until", until_, "What changed up to this time")
            ->type_name("TIME");
    auto* to = app_->add_option("-o,--output", to_,
                                "The new file, for `kubescribe import` (.zst: "
                                "compressed)")
                   ->type_name("FILE");
    for (const bool after : {true, false}) {
      auto* seq = after
                      ? app_->add_option("--after", request_.after,
                                         "Only records after this seq (of one "
                                         "cluster)")
                      : app_->add_option("--last", request_.last,
                                         "Only records up to this seq (of one "
                                         "cluster)");
      seq->type_name("SEQ")->check(CheckSeq);
      seq->excludes(to)->excludes(since)->excludes(until);
    }
    app_->add_flag("--strict", strict_,
                   "Exit with 4 when records of it were pruned");
  }

  int Run() override {
    if (!namespace_.empty() && !all_namespaces_) {
      part_.name_space = namespace_;
    }
    const Result<TimeSpan> span = ParseSpan(since_, until_);
    if (!span.ok()) return Fail(span.error());
    part_.since = span->since;
    part_.until = span->until;
    if (to_ == "-") {
      return Fail(Error(Code::kInvalid,
                        "-o makes a file that is read again: name it; lines "
                        "on standard output come without -o"));
    }
    return to_.empty() ? PrintLines() : MakeFile();
  }

 private:
  int PrintLines() {
    const auto files = query::FindDatabases(common_.place);
    if (!files.ok()) return Fail(files.error());
    if (files->size() > 1 && (request_.after != 0 || request_.last)) {
      return Fail(Error(Code::kInvalid,
                        "a seq is one of one cluster: choose it with "
                        "--cluster"));
    }
    Out out;
    bool any = part_.whole();  // a line is one of what was asked for
    bool whole = true;
    bool damaged = false;
    request_.damaged = [&](const std::string& what) {
      Say("error", what);
      damaged = true;
    };
    for (const query::DatabaseFile& file : *files) {
      if (!part_.whole()) {
        if (Status filter = travel::SetFilter(file.path, part_, request_);
            !filter.ok()) {
          return Fail(filter.error());
        }
      }
      if (!TellPruned(file)) whole = false;
      const Result<store::Seq> done =
          query::Export(file.path, request_, [&](const std::string& line) {
            any = any || line.find(kRevision) != std::string::npos;
            return out.Write(line) && out.Write("\n");
          });
      if (!done.ok()) {
        out.Flush();
        return Fail(done.error());
      }
    }
    out.Flush();
    if (!out.ok() || damaged) return kExitError;
    if (strict_ && !whole) return kExitUncertain;
    return any ? kExitFound : NothingMatches("the lines have none");
  }

  static int NothingMatches(const std::string& where) {
    Say("note", "no revision matches: " + where);
    return kExitNothing;
  }

  // False: something was.
  bool TellPruned(const query::DatabaseFile& file) {
    const auto pruned = query::PrunedOfExport(file.path, request_);
    if (!pruned.ok()) return true;  // what follows says it
    for (const std::string& why : *pruned) {
      Say("warning", "pruned: " + file.cluster + ": " + why);
    }
    return pruned->empty();
  }

  int MakeFile() {
    const Result<query::DatabaseFile> file = query::FindDatabase(common_.place);
    if (!file.ok()) return Fail(file.error());
    const bool whole = TellPruned(*file);
    part_.progress = [this](store::Seq done, store::Seq of) { Show(done, of); };
    const Result<travel::Exported> done =
        travel::Export(file->path, to_, part_);
    if (shown_) shown_ = write(STDERR_FILENO, "\r\033[K", 4) < 0;
    if (!done.ok()) return Fail(done.error());
    SayWarnings(done->file_warnings, {});
    for (const std::string& what : done->damaged) Say("error", what);
    std::error_code ignored;
    Out out;
    out.Write(to_ + ": " + (done->whole ? "" : "a part of ") + file->cluster +
              " up to record " + std::to_string(done->last_seq) + ", " +
              std::to_string(done->revisions) + " revisions and " +
              std::to_string(done->records) + " other records, " +
              std::to_string(std::filesystem::file_size(to_, ignored)) +
              " bytes\n");
    out.Flush();
    if (!out.ok() || !done->damaged.empty()) return kExitError;
    if (strict_ && !whole) return kExitUncertain;
    return done->whole || done->revisions != 0
               ? kExitFound
               : NothingMatches("the file has none");
  }

  void Show(store::Seq done, store::Seq of) {
    if (!terminal_ || of == 0) return;
    const std::string line =
        "\rexported " + std::to_string(done * 100 / of) + " %";
    if (line == last_line_) return;
    last_line_ = line;
    shown_ = write(STDERR_FILENO, line.data(), line.size()) > 0;
  }

  query::ExportRequest request_;
  travel::ExportRequest part_;
  std::string namespace_;
  bool all_namespaces_ = false;
  std::string since_;
  std::string until_;
  std::string to_;
  bool strict_ = false;
  const bool terminal_ = output::LookOf(STDERR_FILENO).terminal;
  bool shown_ = false;
  std::string last_line_;
};

}  // namespace

std::unique_ptr<Command> MakeExport(const Common& common) {
  return std::make_unique<ExportCommand>(common);
}

}  // namespace kubescribe::tool
