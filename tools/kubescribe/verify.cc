// kubescribe verify: is a file what was recorded?
#include "verify/verify.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "base/read_file.h"
#include "kubescribe/command.h"
#include "query/database.h"

namespace kubescribe::tool {
namespace {

constexpr char kVerifyExamples[] = R"(Examples:
  kubescribe verify --cluster prod --from /mnt/elsewhere/checkpoints
  kubescribe verify --file copy.db --from kept.txt --key "$LOG_KEY"
  ssh keeper cat prod.checkpoint | kubescribe verify --cluster prod --from -

Computes everything anew: the hashes of all records from their bytes, the log,
the checkpoints in the file, and what is derived from the records. --from takes
one or more checkpoints that were kept where nobody who can write the file can
write too; without one, a file that was rewritten as a whole cannot be told from
an honest one: it is "consistent, not anchored". Of a backup, take checkpoints
from before it was made: a copy that lacks what they cover is called altered.
One that was taken while a prune went on cannot be decided (exit code 6) until a
recorder or kubescribe prune has opened it and finished that prune.

Exit codes: 0 good, 1 error, 2 wrong usage, 5 altered, 6 cannot decide.
)";

constexpr std::size_t kLargestCheckpoints = std::size_t{256} << 20;
constexpr std::size_t kShown = 20;

std::string Megabytes(std::uint64_t bytes) {
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

class VerifyCommand final : public Command {
 public:
  using Command::Command;

  void Declare(CLI::App& app) override {
    app_ = app.add_subcommand("verify", "Whether a file is what was recorded");
    app_->footer(kVerifyExamples);
    app_->add_option("--from", from_,
                     "Checkpoints that were kept elsewhere (kubescribe "
                     "checkpoint, or a sink); -: standard input")
        ->type_name("FILE");
    app_->add_option("--key", options_.key,
                     "The public key to trust (kubescribe checkpoint "
                     "--public-key)")
        ->type_name("KEY");
  }

  int Run() override {
    const auto files = query::FindDatabases(common_.place);
    if (!files.ok()) return Fail(files.error());
    if (!from_.empty()) {
      Result<std::string> text = from_ == "-"
                                     ? ReadStandardInput(kLargestCheckpoints)
                                     : ReadFile(from_, kLargestCheckpoints);
      if (!text.ok()) {
        Say("error", text.error().message());
        return kExitError;
      }
      options_.checkpoint = std::move(*text);
      if (options_.checkpoint.empty()) options_.checkpoint = "\n";
    }
    Out out;
    int worst = kExitFound;
    for (const query::DatabaseFile& file : *files) {
      const int code = VerifyOne(file, out);
      worst = Worse(worst, code);
    }
    out.Flush();
    return out.ok() ? worst : kExitError;
  }

 private:
  // Altered is worse than an error, which is worse than what is undecided.
  static int Worse(int a, int b) {
    for (const int code : {int{kExitAltered}, int{kExitUsage}, int{kExitError},
                           int{kExitUndecided}}) {
      if (a == code || b == code) return code;
    }
    return a;
  }

  int VerifyOne(const query::DatabaseFile& file, Out& out) {
    options_.progress = [this](store::Seq done, store::Seq last) {
      Show(done, last);
    };
    const Result<verify::Report> report = verify::Verify(file.path, options_);
    EndProgress();
    if (!report.ok()) {
      Say("error", report.error().message());
      switch (report.error().code()) {
        case Code::kInvalid:
          return kExitUsage;
        case Code::kCorruption:
          return kExitAltered;
        case Code::kUnsupported:
          return kExitUndecided;
        default:
          return kExitError;
      }
    }
    SayWarnings(report->warnings, {});
    for (const std::string& note : report->notes) Say("note", note);
    Print(file, *report, out);
    switch (report->verdict) {
      case verify::Verdict::kAltered:
        return kExitAltered;
      case verify::Verdict::kUndecided:
        return kExitUndecided;
      case verify::Verdict::kGood:
        break;
    }
    return kExitFound;
  }

  static void Print(const query::DatabaseFile& file,
                    const verify::Report& report, Out& out) {
    const auto line = [&out](const std::string& text) {
      out.Write(output::EscapeControls(text) + "\n");
    };
    const std::string what = fmt::format(
        "{} records{}, {} of JSON, {} checkpoint{}", report.records,
        report.pruned == 0 ? ""
                           : fmt::format(" ({} of them pruned)", report.pruned),
        Megabytes(report.bytes), report.checkpoints,
        report.checkpoints == 1 ? "" : "s");
    if (report.verdict == verify::Verdict::kAltered) {
      line(fmt::format("{}: ALTERED ({})", file.cluster, what));
      PrintFindings(report, line);
    } else if (report.verdict == verify::Verdict::kUndecided) {
      line(fmt::format("{}: cannot decide ({})", file.cluster, what));
    } else if (report.anchored == 0) {
      line(
          fmt::format("{}: consistent, not anchored ({})", file.cluster, what));
    } else {
      line(fmt::format("{}: good, anchored up to record {} ({})", file.cluster,
                       report.anchored, what));
    }
    for (const std::string& why : report.undecided) line("  " + why);
  }

  template <typename Line>
  static void PrintFindings(const verify::Report& report, const Line& line) {
    std::uint64_t more = report.more_findings;
    for (std::size_t i = 0; i < report.findings.size(); ++i) {
      const verify::Finding& finding = report.findings[i];
      if (i >= kShown) {
        ++more;
      } else if (finding.seq == 0) {
        line("  " + finding.what);
      } else {
        line(fmt::format("  record {}: {}", finding.seq, finding.what));
      }
    }
    if (more > 0) line(fmt::format("  and {} more", more));
    if (!report.findings.empty() && report.findings.front().seq != 0) {
      line(fmt::format("  the first bad record is {}",
                       report.findings.front().seq));
    }
  }

  void Show(store::Seq done, store::Seq last) {
    if (!terminal_ || last == 0) return;
    const std::string line =
        "\rverified " + std::to_string(done * 100 / last) + " %";
    shown_ = write(STDERR_FILENO, line.data(), line.size()) > 0;
  }
  void EndProgress() {
    if (shown_) shown_ = write(STDERR_FILENO, "\r\033[K", 4) < 0;
  }

  std::string from_;
  verify::Options options_;
  const bool terminal_ = output::LookOf(STDERR_FILENO).terminal;
  bool shown_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeVerify(const Common& common) {
  return std::make_unique<VerifyCommand>(common);
}

}  // namespace kubescribe::tool
