// The kinds that the simulated cluster serves at start, as a real server's
// discovery describes them.
#pragma once

#include <string>
#include <vector>

namespace kubescribe::fakes {

struct KindInfo {
  std::string group;  // empty: core
  std::string version;
  std::string plural;
  std::string singular;
  std::string kind;
  bool namespaced = true;
  std::vector<std::string> short_names;
  std::vector<std::string> categories;
  std::string storage_hash;
  bool custom = false;  // served in the shape of custom resources
  // False where watches come from etcd itself: no bookmarks, and limit counts
  // with resourceVersion 0 too.
  bool cached = true;
  // Whose objects these are: kinds with the same storage are two views of it.
  std::string storage;

  std::string ApiVersion() const {
    return group.empty() ? version : group + "/" + version;
  }
  // "pods", "deployments.apps"
  std::string Id() const {
    return group.empty() ? plural : plural + "." + group;
  }
};

std::vector<KindInfo> BuiltInKinds();

// Bookmarks of built-in kinds carry the fields that their types always write,
// empty: the text after the metadata, with its comma. May be "".
const char* BookmarkFields(const KindInfo& kind);

}  // namespace kubescribe::fakes
