// App::Backup: `kubescribe backup` while the cluster is recorded.
#include <nlohmann/json.hpp>
#include <utility>

#include "kubescribed/app.h"

namespace kubescribe::daemon {

Result<std::shared_ptr<record::Recorder>> App::RecorderOf(std::string& name) {
  const std::string wanted = name;
  std::string names;
  std::shared_ptr<record::Recorder> recorder;
  int meant = 0;
  const bool asked = OnLoop([&] {
    for (const auto& runner : runners_) {
      names += (names.empty() ? "" : ", ") + runner->name();
      if (!wanted.empty() && runner->name() != wanted) continue;
      ++meant;
      name = runner->name();
      recorder = runner->recorder();
    }
  });
  if (!asked) return Error(Code::kBusy, "the recorder is starting or stopping");
  if (meant == 0) {
    return Error(Code::kNotFound, "no cluster " + wanted +
                                      " is recorded; recorded are: " + names);
  }
  if (meant > 1) {
    return Error(Code::kInvalid,
                 "several clusters are recorded: name one with --cluster (" +
                     names + ")");
  }
  if (recorder == nullptr) {
    return Error(Code::kBusy, name + ": its file is not open yet");
  }
  return recorder;
}

Result<std::string> App::Backup(control::Call& call) {
  using nlohmann::json;
  const json args = json::parse(call.args(), nullptr, false);
  const std::string wanted = args.value("cluster", std::string());
  const std::string path = args.value("path", std::string());
  if (path.empty() || path.front() != '/') {
    return Error(Code::kInvalid, "the backup's path must be absolute");
  }
  std::string name = wanted;
  const auto found = RecorderOf(name);
  if (!found.ok()) return found.error();
  record::Recorder& recorder = **found;
  // A line every percent is enough.
  std::int64_t told = -1;
  const Status done =
      recorder.Backup(path, [&](const store::BackupProgress& progress) {
        const std::int64_t percent =
            progress.pages == 0 ? 0 : progress.done * 100 / progress.pages;
        if (percent == told) return call.Wanted();
        told = percent;
        return call.Send(
            json{{"pages", progress.pages}, {"done", progress.done}}.dump());
      });
  if (!done.ok()) return done.error();
  return json{{"cluster", name}, {"path", path}}.dump();
}

}  // namespace kubescribe::daemon
