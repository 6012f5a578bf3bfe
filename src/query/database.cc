#include "query/database.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <system_error>

namespace kubescribe::query {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".db";

// The reverse of store::DatabasePath's encoding.
std::string Decode(const std::string& name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    unsigned int value = 0;
    const char* begin = name.data() + i + 1;
    if (name[i] == '%' && i + 2 < name.size() &&
        std::from_chars(begin, begin + 2, value, 16).ptr == begin + 2) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += name[i];
    }
  }
  return out;
}

std::string Names(const std::vector<DatabaseFile>& files) {
  std::string names;
  for (const DatabaseFile& file : files) {
    names += (names.empty() ? "" : ", ") + file.cluster;
  }
  return names;
}

Error OnlyOne() {
  return Error(Code::kInvalid,
               "this is asked of one cluster: choose it with --cluster NAME");
}

}  // namespace

bool Place::Means(const std::string& cluster) const {
  return clusters.empty() ||
         std::find(clusters.begin(), clusters.end(), cluster) != clusters.end();
}

Result<std::vector<DatabaseFile>> ListDatabases(const std::string& data_dir) {
  std::error_code error;
  std::vector<DatabaseFile> files;
  fs::directory_iterator entry(data_dir, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::error_code ignored;
    const fs::path& path = entry->path();
    if (path.extension() != kSuffix || !entry->is_regular_file(ignored)) {
      continue;
    }
    files.push_back({path.string(), Decode(path.stem().string())});
  }
  if (error) {
    const bool denied = error == std::errc::permission_denied;
    return Error(denied ? Code::kForbidden : Code::kIo,
                 "data directory " + data_dir + ": " + error.message() +
                     "; name another with --data, or one database with "
                     "--file");
  }
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return a.cluster < b.cluster; });
  return files;
}

Result<std::vector<DatabaseFile>> FindDatabases(const Place& place) {
  if (!place.clusters.empty() && place.all_clusters) {
    return Error(Code::kInvalid,
                 "--cluster names some, --all-clusters means all: give one of "
                 "them");
  }
  if (!place.file.empty()) {
    std::error_code error;
    if (!fs::is_regular_file(place.file, error)) {
      return Error(Code::kIo, place.file + ": " +
                                  (fs::is_directory(place.file, error)
                                       ? "a folder; name it with --data"
                                       : "no such file"));
    }
    return std::vector<DatabaseFile>{
        {place.file, Decode(fs::path(place.file).stem().string())}};
  }
  Result<std::vector<DatabaseFile>> files = ListDatabases(place.data_dir);
  if (!files.ok()) return files;
  if (files->empty()) {
    return Error(Code::kIo,
                 "nothing is recorded in " + place.data_dir +
                     ": start kubescribed, or name another directory with "
                     "--data");
  }
  if (place.clusters.empty()) return files;
  std::vector<DatabaseFile> found;
  for (const std::string& cluster : place.clusters) {
    const auto named = [&](const DatabaseFile& file) {
      return file.cluster == cluster;
    };
    if (std::any_of(found.begin(), found.end(), named)) continue;
    const auto file = std::find_if(files->begin(), files->end(), named);
    if (file == files->end()) {
      return Error(Code::kIo, "cluster \"" + cluster +
                                  "\" is not recorded in " + place.data_dir +
                                  "; these are: " + Names(*files));
    }
    found.push_back(*file);
  }
  return found;
}

Result<DatabaseFile> FindDatabase(const Place& place) {
  Result<std::vector<DatabaseFile>> files = FindDatabases(place);
  if (!files.ok()) return files.error();
  if (files->size() > 1 && (place.all_clusters || !place.clusters.empty())) {
    return OnlyOne();
  }
  if (files->size() > 1) {
    return Error(Code::kInvalid,
                 "several clusters are recorded in " + place.data_dir +
                     ": choose one with --cluster: " + Names(*files));
  }
  return files->front();
}

Result<std::string> OneCluster(const Place& place) {
  if (place.clusters.size() > 1) return OnlyOne();
  return place.clusters.empty() ? std::string() : place.clusters.front();
}

}  // namespace kubescribe::query
