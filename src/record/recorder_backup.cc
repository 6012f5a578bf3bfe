// Recorder::Backup: copies the file in slices, between which the writer thread
// commits as always.
#include <chrono>
#include <thread>

#include "record/recorder_impl.h"

namespace kubescribe::record {
namespace {

// A slice holds up a commit for a few milliseconds: 1 MiB of 4 KiB pages.
constexpr int kPages = 256;
// A mutex alone may be taken again before the writer thread gets to it.
constexpr auto kPause = std::chrono::milliseconds(1);

}  // namespace

Status RecorderImpl::Backup(
    const std::string& path,
    const std::function<bool(const store::BackupProgress&)>& report) {
  const auto failed = [](const std::string& why) {
    return Error(Code::kUnavailable, "the store has failed: " + why);
  };
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (writer_ == nullptr) return failed(stats().error);
    if (Status begun = writer_->StartBackup(path); !begun.ok()) return begun;
  }
  while (true) {
    Result<store::BackupProgress> progress = store::BackupProgress{};
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (writer_ == nullptr) return failed(stats().error);
      progress = writer_->StepBackup(kPages);
    }
    if (!progress.ok()) return progress.error();
    const bool wanted = report(*progress);
    if (progress->finished) return {};
    if (!wanted) {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (writer_ != nullptr) writer_->AbandonBackup();
      return Error(Code::kCancelled, "nobody waits for the backup any more");
    }
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace kubescribe::record
