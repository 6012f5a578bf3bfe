// The journal of truth: a line for each revision and each fault, on disk and
// (if kept) in memory before any client can see what it tells of.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "fakes/sim_cluster.h"

namespace kubescribe::fakes {

class Journal {
 public:
  // kIo when the file cannot be opened; an existing one is appended to.
  static Result<std::unique_ptr<Journal>> Open(const SimOptions& options,
                                               const Clock& clock);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // Fills in seq and time, writes, keeps. Ends the program when the disk does
  // not take the line: a truth with holes would blame the recorder. Any thread.
  void Add(JournalEntry entry);
  // Whether revisions are worth being written out for it.
  bool Wanted() const { return keep_ || fd_ >= 0; }
  std::vector<JournalEntry> Entries() const;
  std::uint64_t FaultsServed(const std::string& name) const;

 private:
  Journal(const SimOptions& options, const Clock& clock, int fd);
  void WriteLine(const JournalEntry& entry);

  const std::string cluster_;
  const bool fsync_;
  const bool digest_;
  const bool keep_;
  const Clock& clock_;
  const int fd_;  // -1: no file
  mutable std::mutex mutex_;
  std::uint64_t seq_ = 0;              // guarded by mutex_
  std::vector<JournalEntry> entries_;  // guarded by mutex_
  std::vector<std::pair<std::string, std::uint64_t>> served_;  // mutex_
};

}  // namespace kubescribe::fakes
