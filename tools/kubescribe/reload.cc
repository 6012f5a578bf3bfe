// kubescribe reload: has the running recorder read its configuration again.
#include <CLI/CLI.hpp>

#include "control/client.h"
#include "kubescribe/command.h"

namespace kubescribe::tool {
namespace {

constexpr char kReloadExamples[] = R"(Examples:
  kubescribe reload

The same as SIGHUP, but it waits, and says whether the new configuration is in
force. A mistake in it is an error and leaves all as it was.
)";

// A cluster that is no longer recorded is closed first.
constexpr Micros kReloadPatience = kMinute;

class Reload final : public Command {
 public:
  using Command::Command;

  void Declare(CLI::App& app) override {
    app_ = app.add_subcommand(
        "reload", "Read the configuration again (recorder running)");
    app_->footer(kReloadExamples);
  }

  int Run() override {
    if (!common_.place.file.empty()) {
      return Fail(Error(Code::kInvalid,
                        "reload asks a running recorder: name its data "
                        "directory with --data, not a file"));
    }
    const Result<std::string> answer = control::Ask(
        common_.place.data_dir, {.command = "reload"}, kReloadPatience);
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
};

}  // namespace

std::unique_ptr<Command> MakeReload(const Common& common) {
  return std::make_unique<Reload>(common);
}

}  // namespace kubescribe::tool
