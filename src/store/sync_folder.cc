#include "store/sync_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

namespace kubescribe::store {

void SyncFolderOf(const std::string& path) {
  const std::string folder =
      std::filesystem::absolute(path).parent_path().string();
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
}

}  // namespace kubescribe::store
