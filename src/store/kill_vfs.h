// The kill points below SQLite: a VFS that passes everything on and reaches
// "vfs.wal.write", "vfs.wal.sync", … around what is written and synced. Only
// test builds have it, and only when a kill point is asked for in the
// environment (base/test_switches.h). Private to store.
#pragma once

#include <string>

namespace kubescribe::store {

// The name of the VFS that a Writer is to use: "" is the default one.
std::string KillVfs();

}  // namespace kubescribe::store
