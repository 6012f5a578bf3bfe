// NewFile: a file that stands under its name only when it is whole and on disk.
//
//   auto file = NewFile::Start("/mnt/prod.zst");
//   (*file)->Write(bytes);                // or whatever writes partial()
//   (*file)->Finish();
//
// Until then it grows as FILE.partial, for its owner's eyes only; that is gone
// when the NewFile is destroyed before its end. One that a kill left is written
// over by the next. Nothing is ever replaced. One thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace kubescribe {

class NewFile {
 public:
  // kConflict: `path` is there already; kBusy: somebody else is making it;
  // kIo, kNoSpace.
  static Result<std::unique_ptr<NewFile>> Start(const std::string& path);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  // The name that it grows under; empty at first.
  const std::string& partial() const { return partial_; }
  // Appends.
  Status Write(std::string_view bytes);
  // Syncs it and gives it its name. Errors as those of Start; then nothing
  // stays.
  Status Finish();

 private:
  NewFile(std::string path, std::string partial, int fd);

  const std::string path_;
  const std::string partial_;
  const int fd_;  // locked: it is ours
  bool finished_ = false;
};

}  // namespace kubescribe
