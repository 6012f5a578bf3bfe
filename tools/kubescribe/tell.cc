// kubescribe reload, kubescribe checkpoint: words for the running recorder that
// it answers with a sentence.
#include <CLI/CLI.hpp>

#include "control/client.h"
#include "kubescribe/command.h"

namespace kubescribe::tool {
namespace {

// A cluster that is no longer recorded is closed first.
constexpr Micros kPatience = kMinute;

struct Word {
  const char* command;
  const char* summary;
  const char* footer;
};

constexpr Word kReload = {
    "reload", "Read the configuration again (recorder running)",
    R"(The same as SIGHUP, but the answer says whether the new configuration is in
force. A mistake in it is an error and leaves all as it was.
)"};

constexpr Word kCheckpoint = {
    "checkpoint", "Write -wal files back into the databases (recorder running)",
    R"(The recorder does so by itself. By hand it is of use before a file is copied
with other means than `sqlite3 FILE .backup`.
)"};

class Tell final : public Command {
 public:
  Tell(const Common& common, const Word& word) : Command(common), word_(word) {}

  void Declare(CLI::App& app) override {
    app_ = app.add_subcommand(word_.command, word_.summary);
    app_->footer(word_.footer);
  }

  int Run() override {
    if (!common_.place.file.empty()) {
      return Fail(
          Error(Code::kInvalid, std::string(word_.command) +
                                    " asks a running recorder: name its data "
                                    "directory with --data, not a file"));
    }
    const Result<std::string> answer = control::Ask(
        common_.place.data_dir, {.command = word_.command}, kPatience);
    if (!answer.ok()) {
      // Not found is a failure here: there is nobody to ask.
      Say("error", answer.error().message());
      return kExitError;
    }
    const Result<output::Value> end = output::ParseJson(*answer);
    if (!end.ok()) return Fail(end.error());
    Out out;
    if (const output::Value* message = end->Find("message")) {
      out.Write(message->text + "\n");
    }
    out.Flush();
    return out.ok() ? kExitFound : kExitError;
  }

 private:
  const Word& word_;
};

}  // namespace

std::unique_ptr<Command> MakeReload(const Common& common) {
  return std::make_unique<Tell>(common, kReload);
}

std::unique_ptr<Command> MakeCheckpoint(const Common& common) {
  return std::make_unique<Tell>(common, kCheckpoint);
}

}  // namespace kubescribe::tool
