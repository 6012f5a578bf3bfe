// kubescribe checkpoint: what the recorder vouches for.
#include "query/checkpoint.h"

#include <CLI/CLI.hpp>

#include "kubescribe/command.h"
#include "query/database.h"

namespace kubescribe::tool {
namespace {

constexpr char kCheckpointExamples[] = R"(Examples:
  kubescribe checkpoint --cluster prod >> /mnt/elsewhere/checkpoints
  kubescribe checkpoint --cluster prod --public-key > log.pub

The newest signed checkpoint of a cluster's log: a short text that says how many
records there are and what their hash is. Keep it where nobody who can write the
file can write too: with it, `kubescribe verify --from` finds any record that was
changed, removed, inserted or moved since.
)";

class CheckpointCommand final : public Command {
 public:
  using Command::Command;

  void Declare(CLI::App& app) override {
    app_ = app.add_subcommand("checkpoint",
                              "The newest signed checkpoint of the log");
    app_->footer(kCheckpointExamples);
    app_->add_flag("--public-key", key_,
                   "Instead the public key that it is signed with");
  }

  int Run() override {
    const Result<query::DatabaseFile> file = query::FindDatabase(common_.place);
    if (!file.ok()) return Fail(file.error());
    const Result<std::string> text = key_ ? query::LogPublicKey(file->path)
                                          : query::NewestCheckpoint(file->path);
    if (!text.ok()) return Fail(text.error());
    Out out;
    out.Write(*text);
    out.Flush();
    return out.ok() ? kExitFound : kExitError;
  }

 private:
  bool key_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeCheckpoint(const Common& common) {
  return std::make_unique<CheckpointCommand>(common);
}

}  // namespace kubescribe::tool
