// VfsShim: a SQLite VFS over the default one that shows every operation to an
// observer, before and after it is done: to die there, to log what a crash
// could lose, or to make it fail. Only tests and test builds use it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace kubescribe::store {

struct VfsOp {
  enum class Kind { kCreate, kRead, kWrite, kTruncate, kSync, kDelete };
  Kind kind;
  std::string_view file;     // full path
  std::int64_t at = 0;       // kWrite: where; kTruncate: the new size
  std::string_view data;     // kWrite
  bool sync_folder = false;  // kDelete
};

class VfsObserver {
 public:
  virtual ~VfsObserver() = default;
  // Before it is done. SQLITE_OK lets it be done; another code is its result.
  // For a write, `*keep` bytes of it (at first: none) are written before it
  // fails.
  virtual int Before(const VfsOp& op, std::size_t* keep) = 0;
  // It was done, with success.
  virtual void After(const VfsOp& op) = 0;
};

// Registered under `name` while it lives; all connections that use it must be
// closed before.
class VfsShim {
 public:
  VfsShim(const std::string& name, VfsObserver& observer);
  ~VfsShim();
  VfsShim(const VfsShim&) = delete;
  VfsShim& operator=(const VfsShim&) = delete;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kubescribe::store
