// kubescribe backup: a copy of a cluster's file, recorder running or not.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <thread>

#include "control/client.h"
#include "kubescribe/command.h"
#include "query/database.h"
#include "store/file_backup.h"
#include "store/lock_file.h"
#include "store/reader.h"

namespace kubescribe::tool {
namespace {

constexpr char kBackupExamples[] = R"(Examples:
  kubescribe backup /mnt/backup/prod-2026-11-20.db --cluster prod
  kubescribe backup copy.db && kubescribe get pods -A --file copy.db

A running recorder makes the copy itself and goes on recording meanwhile; what
it writes until the end is in the copy. With no recorder running the file is
copied as it is. The copy is one file that opens anywhere, on a read-only disk
too. The keys of the data directory are not in it. No file is replaced. Of a copy
that was taken while a prune went on, kubescribe verify cannot decide (exit code
6) until a recorder or kubescribe prune has opened it and finished that prune.
)";

// The last step syncs the whole copy.
constexpr Micros kBackupPatience = 10 * kMinute;
constexpr Micros kStartPatience = 10 * kSecond;
constexpr int kPages = 4096;

class Backup final : public Command {
 public:
  using Command::Command;

  void Declare(CLI::App& app) override {
    app_ = app.add_subcommand("backup",
                              "A copy of a cluster's file, while it is written "
                              "too");
    app_->footer(kBackupExamples);
    app_->add_option("file", to_, "The new file")
        ->required()
        ->type_name("FILE");
  }

  int Run() override {
    std::error_code error;
    const std::string path = std::filesystem::absolute(to_, error).string();
    if (error) return Fail(Error(Code::kInvalid, to_ + ": " + error.message()));
    Status done = Make(path);
    EndProgress();
    if (!done.ok()) {
      // Not found is a failure here, not an empty answer.
      Say("error", done.error().message());
      return done.error().code() == Code::kInvalid ? kExitUsage : kExitError;
    }
    return Tell(path);
  }

 private:
  // A recorder that has just started holds its file before it listens, and
  // listens before its file is open: it is asked again for a while.
  Status Make(const std::string& path) {
    const Micros until = SystemClock().Mono() + kStartPatience;
    while (true) {
      Status done = common_.place.file.empty()
                        ? AskRecorder(path)
                        : Error(Code::kNotFound, "a file was named");
      const auto failed_by = [&done](Code code) {
        return !done.ok() && done.error().code() == code;
      };
      bool again = failed_by(Code::kBusy);
      // Nobody records: the writer's place is free.
      if (failed_by(Code::kNotFound) && !answered_) {
        done = Copy(path);
        again = common_.place.file.empty() && held_;
      }
      if (!again || answered_ || SystemClock().Mono() >= until) return done;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }

  Status AskRecorder(const std::string& path) {
    using output::Value;
    const Result<std::string> cluster = query::OneCluster(common_.place);
    if (!cluster.ok()) return cluster.error();
    Value args = Value::Object();
    args["cluster"] = Value::String(*cluster);
    args["path"] = Value::String(path);
    const Result<std::string> answer = control::Ask(
        common_.place.data_dir, {"backup", output::ToJsonLine(args)},
        kBackupPatience, [this](const std::string& line) {
          answered_ = true;
          const Result<Value> progress = output::ParseJson(line);
          if (!progress.ok()) return;
          const Value* done = progress->Find("done");
          const Value* pages = progress->Find("pages");
          if (done != nullptr && pages != nullptr) {
            Show(std::atoll(done->text.c_str()),
                 std::atoll(pages->text.c_str()));
          }
        });
    if (!answer.ok()) return answer.error();
    return {};
  }

  Status Copy(const std::string& path) {
    const Result<query::DatabaseFile> file = query::FindDatabase(common_.place);
    if (!file.ok()) return file.error();
    auto backup = store::FileBackup::Start(file->path, path);
    held_ = !backup.ok() && backup.error().code() == Code::kConflict &&
            store::LockFile::IsHeld(file->path);
    if (!backup.ok()) return backup.error();
    while (!(*backup)->progress().finished) {
      if (Status step = (*backup)->Step(kPages); !step.ok()) return step;
      Show((*backup)->progress().done, (*backup)->progress().pages);
    }
    return {};
  }

  void Show(std::int64_t done, std::int64_t pages) {
    if (!terminal_ || pages == 0) return;
    const std::string line =
        "\rcopied " + std::to_string(done * 100 / pages) + " %";
    shown_ = write(STDERR_FILENO, line.data(), line.size()) > 0;
  }
  void EndProgress() {
    if (shown_) shown_ = write(STDERR_FILENO, "\r\033[K", 4) < 0;
  }

  static int Tell(const std::string& path) {
    const auto reader = store::Reader::Open(path);
    if (!reader.ok()) return Fail(reader.error());
    const store::FileInfo& info = (*reader)->info();
    std::error_code ignored;
    Out out;
    out.Write(path + ": " + info.cluster + " up to record " +
              std::to_string(info.last_seq) + ", " +
              std::to_string(std::filesystem::file_size(path, ignored)) +
              " bytes\n");
    out.Flush();
    return out.ok() ? kExitFound : kExitError;
  }

  std::string to_;
  const bool terminal_ = output::LookOf(STDERR_FILENO).terminal;
  bool answered_ = false;  // a recorder has begun
  bool held_ = false;      // somebody has the writer's place
  bool shown_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeBackup(const Common& common) {
  return std::make_unique<Backup>(common);
}

}  // namespace kubescribe::tool
