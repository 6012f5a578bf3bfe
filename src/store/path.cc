#include <fmt/format.h>
#include <sys/stat.h>

#include "store/writer.h"

namespace kubescribe::store {

std::string DatabasePath(const std::string& data_dir,
                         const std::string& cluster) {
  std::string name;
  for (std::size_t i = 0; i < cluster.size(); ++i) {
    const auto c = static_cast<unsigned char>(cluster[i]);
    const bool encode =
        c == '/' || c == '%' || c < 0x20 || c == 0x7f || (c == '.' && i == 0);
    if (encode) {
      name += fmt::format("%{:02X}", c);
    } else {
      name += cluster[i];
    }
  }
  return data_dir + "/" + name + ".db";
}

std::optional<FileId> FileIdOf(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) return std::nullopt;
  return FileId{found.st_dev, found.st_ino};
}

}  // namespace kubescribe::store
