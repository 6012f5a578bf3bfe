// What test builds put between SQLite and the disk: a VFS that reaches the kill
// points "vfs.wal.write", "vfs.wal.sync", … around what is written and synced,
// and that makes the disk slow. There is none unless the environment asks for
// it (base/test_switches.h). Private to store.
#pragma once

#include <string>

namespace kubescribe::store {

// The name of the VFS that a Writer is to use: "" is the default one.
std::string TestVfs();

}  // namespace kubescribe::store
