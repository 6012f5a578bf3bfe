// A file's name is on disk once its folder is.
#pragma once

#include <string>

namespace kubescribe::store {

// Syncs the folder that `path` lies in. A file system that cannot is none of
// the caller's concern.
void SyncFolderOf(const std::string& path);

}  // namespace kubescribe::store
