// kubescribe import: a database from what `kubescribe export -o` wrote.
#include "travel/import.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "kubescribe/command.h"

namespace kubescribe::tool {
namespace {

constexpr char kImportExamples[] = R"(Examples:
  kubescribe import prod.zst -o prod.db
  kubescribe get pods -A --at '2h ago' --file prod.db
  kubescribe verify --file prod.db --from /mnt/elsewhere/checkpoints

The export of a whole file becomes a database that answers as the original did
when it was made, under the same log. That of a part becomes one with a log of
its own. An export that was cut off or altered is refused, and leaves no file.
No file is replaced.
)";

class ImportCommand final : public Command {
 public:
  using Command::Command;

  void Declare(CLI::App& app) override {
    app_ = app.add_subcommand("import", "A database from an export's file");
    app_->footer(kImportExamples);
    app_->add_option("file", from_, "What `kubescribe export -o` wrote")
        ->required()
        ->type_name("FILE");
    app_->add_option("-o,--output", to_, "The new database")
        ->required()
        ->type_name("NEW.db");
  }

  int Run() override {
    travel::ImportOptions options;
    options.progress = [this](std::uint64_t done, std::uint64_t of) {
      Show(done, of);
    };
    const Result<travel::Imported> done = travel::Import(from_, to_, options);
    if (shown_) shown_ = write(STDERR_FILENO, "\r\033[K", 4) < 0;
    if (!done.ok()) {
      // Not found is a failure here, not an empty answer.
      Say("error", done.error().message());
      return done.error().code() == Code::kInvalid ? kExitUsage : kExitError;
    }
    std::error_code ignored;
    Out out;
    out.Write(to_ + ": " + (done->whole ? "" : "a part of ") + done->cluster +
              ", " + std::to_string(done->records) + " records, " +
              std::to_string(std::filesystem::file_size(to_, ignored)) +
              " bytes\n");
    out.Flush();
    return out.ok() ? kExitFound : kExitError;
  }

 private:
  void Show(std::uint64_t done, std::uint64_t of) {
    if (!terminal_ || of == 0) return;
    const std::string line =
        "\rimported " + std::to_string(done * 100 / of) + " %";
    if (line == last_line_) return;
    last_line_ = line;
    shown_ = write(STDERR_FILENO, line.data(), line.size()) > 0;
  }

  std::string from_;
  std::string to_;
  const bool terminal_ = output::LookOf(STDERR_FILENO).terminal;
  bool shown_ = false;
  std::string last_line_;
};

}  // namespace

std::unique_ptr<Command> MakeImport(const Common& common) {
  return std::make_unique<ImportCommand>(common);
}

}  // namespace kubescribe::tool
