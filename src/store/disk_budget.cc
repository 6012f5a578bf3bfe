#include "store/disk_budget.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <system_error>
#include <utility>

#include "store/disk_vfs.h"

namespace kubescribe::store {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kNoBound = std::uint64_t{1} << 63;
// How much of what there is for revisions is to be free after a round, and how
// little asks for the next one.
constexpr std::uint64_t kFreePart = 6;
constexpr std::uint64_t kLowPart = 16;
// When pruning did not help, it is tried again then.
constexpr Micros kTryAgain = kMinute;

thread_local int reserve_users = 0;

std::uint64_t Least(std::uint64_t a, std::uint64_t b) { return a < b ? a : b; }

// The path as SQLite names it.
std::string FullPath(const std::string& path) {
  std::error_code error;
  const fs::path full = fs::weakly_canonical(path, error);
  return error ? path : full.string();
}

}  // namespace

UseDiskReserve::UseDiskReserve() { ++reserve_users; }
UseDiskReserve::~UseDiskReserve() { --reserve_users; }

DiskBudget::DiskBudget(std::string folder, const Clock& clock)
    : folder_(std::move(folder)), clock_(clock) {
  Look();
  least_ = Used();
}

DiskBudget::~DiskBudget() = default;

void DiskBudget::Set(const DiskLimit& limit) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (limit_ == limit) return;
  limit_ = limit;
  Look();
  least_ = Used();
  for (auto& [path, reach] : reaches_) reach.waited_for = false;
  attempt_ = 0;
  no_use_until_ = 0;
}

DiskLimit DiskBudget::limit() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return limit_;
}

DiskUse DiskBudget::use() {
  const std::lock_guard<std::mutex> lock(mutex_);
  Look();
  return {limit_, Used()};
}

// What there may be in all, for this thread.
std::uint64_t DiskBudget::Limit() const {
  if (!limit_.budget) return kNoBound;
  const std::uint64_t budget = *limit_.budget;
  if (reserve_users > 0) {
    return least_ > budget ? least_ + kReserve : budget;
  }
  return budget > kReserve ? budget - kReserve : 0;
}

std::uint64_t DiskBudget::Room() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (clock_.Mono() - looked_at_ >= kSecond) Look();
  const std::uint64_t limit = Limit();
  return limit > Used() ? limit - Used() : 0;
}

std::optional<std::uint64_t> DiskBudget::ForRevisions() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!limit_.budget) return std::nullopt;
  return *limit_.budget > kReserve ? *limit_.budget - kReserve : 0;
}

bool DiskBudget::Holds(const std::string& path) const {
  return FullPath(path).starts_with(FullPath(folder_) + "/");
}

bool DiskBudget::TakeRefusal(const std::string& database) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const std::string path = FullPath(database);
  bool refused = false;
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    const auto file = files_.find(path + suffix);
    if (file == files_.end()) continue;
    refused = refused || file->second.refused;
    file->second.refused = false;
  }
  return refused;
}

std::uint64_t DiskBudget::WalBytes(const std::string& database) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto wal = files_.find(FullPath(database) + "-wal");
  return wal == files_.end() ? 0 : wal->second.size;
}

void DiskBudget::Look() {
  looked_at_ = clock_.Mono();
  others_ = 0;
  std::error_code error;
  const fs::path folder = fs::weakly_canonical(folder_, error);
  if (error) return;
  for (fs::recursive_directory_iterator at(
           folder, fs::directory_options::skip_permission_denied, error);
       !error && at != fs::recursive_directory_iterator();
       at.increment(error)) {
    struct stat info = {};
    const std::string path = at->path().string();
    if (lstat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    if (files_.contains(path)) continue;
    others_ += static_cast<std::uint64_t>(info.st_size);
  }
  Note();
}

void DiskBudget::Note() { least_ = Least(least_, Used()); }

// -- what the VFS says

DiskBudget::File* DiskBudget::Opened(const std::string& path) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto [at, made] = files_.try_emplace(path);
  File& file = at->second;
  if (made) {
    file.path = path;
    struct stat info = {};
    if (stat(path.c_str(), &info) == 0) {
      file.size = static_cast<std::uint64_t>(info.st_size);
    }
    counted_ += file.size;
    // It was among the others.
    Look();
  }
  ++file.opens;
  return &file;
}

void DiskBudget::Closed(File* file) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (--file->opens > 0) return;
  counted_ -= file->bytes();
  const std::string path = file->path;
  files_.erase(path);
  Look();
}

bool DiskBudget::Add(File* file, std::uint64_t more) {
  if (more == 0) return true;
  const std::uint64_t limit = Limit();
  const auto fits = [&] { return Used() <= limit && limit - Used() >= more; };
  // Others may have been removed.
  if (!fits()) Look();
  if (!fits()) {
    file->refused = true;
    return false;
  }
  counted_ += more;
  return true;
}

bool DiskBudget::GrowTo(File* file, std::uint64_t size) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (size <= file->size) return true;
  const std::uint64_t before = file->bytes();
  if (!Add(file, size > before ? size - before : 0)) return false;
  file->size = size;
  return true;
}

bool DiskBudget::ClaimTo(File* database, std::uint64_t size) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const std::uint64_t before = database->bytes();
  if (size <= before) return true;
  if (!Add(database, size - before)) return false;
  database->claim = size;
  return true;
}

void DiskBudget::Claimed(File* database, std::uint64_t size) {
  const std::lock_guard<std::mutex> lock(mutex_);
  counted_ -= database->bytes();
  database->claim = size;
  counted_ += database->bytes();
}

void DiskBudget::DropClaim(File* database) {
  const std::lock_guard<std::mutex> lock(mutex_);
  counted_ -= database->bytes() - database->size;
  database->claim = 0;
  Note();
}

void DiskBudget::SizeIs(File* file, std::uint64_t size) {
  const std::lock_guard<std::mutex> lock(mutex_);
  counted_ -= file->bytes();
  file->size = size;
  counted_ += file->bytes();
  Note();
}

void DiskBudget::Removed(const std::string& path) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto file = files_.find(path);
  if (file == files_.end()) {
    Look();
    return;
  }
  counted_ -= file->second.bytes();
  file->second.size = 0;
  file->second.claim = 0;
  Note();
}

std::string DiskBudget::VfsOver(const std::string& vfs) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::unique_ptr<DiskVfs>& one = vfses_[vfs];
  if (!one) one = std::make_unique<DiskVfs>(*this, vfs);
  return one->name();
}

// -- rounds

void DiskBudget::Reaches(const std::string& database, Micros from,
                         Micros until) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Reach& reach = reaches_[FullPath(database)];
  // A clock that was set back makes the last cut a future one.
  reach.from = reach.from > until ? from : std::max(reach.from, from);
  reach.until = until;
}

bool DiskBudget::RoundUnderWay() const {
  return std::any_of(reaches_.begin(), reaches_.end(),
                     [](const auto& one) { return one.second.waited_for; });
}

Micros DiskBudget::TimeFor(std::uint64_t bytes) const {
  Micros low = std::numeric_limits<Micros>::max();
  Micros high = 0;
  for (const auto& [path, reach] : reaches_) {
    if (reach.until <= reach.from) continue;
    low = std::min(low, reach.from);
    high = std::max(high, reach.until);
  }
  if (low >= high) return 0;
  // As if each file's bytes were spread evenly over its history.
  const auto upto = [this](Micros time) {
    double sum = 0;
    for (const auto& [path, reach] : reaches_) {
      const auto file = files_.find(path);
      if (file == files_.end() || reach.until <= reach.from) continue;
      const double part = static_cast<double>(time - reach.from) /
                          static_cast<double>(reach.until - reach.from);
      sum += std::clamp(part, 0.0, 1.0) *
             static_cast<double>(file->second.bytes());
    }
    return sum;
  };
  while (low < high) {
    const Micros middle = low + (high - low) / 2;
    if (upto(middle) >= static_cast<double>(bytes)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

bool DiskBudget::Ask(std::uint64_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!limit_.budget || limit_.when_full != WhenFull::kPrune) return false;
  const std::uint64_t all =
      *limit_.budget > kReserve ? *limit_.budget - kReserve : 0;
  const std::uint64_t free = all > Used() ? all - Used() : 0;
  if (RoundUnderWay()) return true;
  if (free >= bytes + all / kLowPart) {
    attempt_ = 0;
    return true;
  }
  if (clock_.Mono() < no_use_until_) return false;
  // A budget that was made smaller may be exceeded by far.
  const std::uint64_t above = Used() > all ? Used() - all : 0;
  const std::uint64_t wanted = bytes + all / kFreePart + above - free;
  const Micros cut = TimeFor(wanted << std::min(attempt_, 10));
  bool any = false;
  for (auto& [path, reach] : reaches_) {
    reach.waited_for = reach.from < std::min(cut, reach.until);
    any = any || reach.waited_for;
  }
  if (!any) {
    attempt_ = 0;
    no_use_until_ = clock_.Mono() + kTryAgain;
    return false;
  }
  cut_ = cut;
  ++attempt_;
  return true;
}

std::optional<Micros> DiskBudget::CutFor(const std::string& database) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto reach = reaches_.find(FullPath(database));
  if (reach == reaches_.end() || !reach->second.waited_for) {
    return std::nullopt;
  }
  return cut_;
}

void DiskBudget::Done(const std::string& database) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto reach = reaches_.find(FullPath(database));
  if (reach == reaches_.end()) return;
  reach->second.waited_for = false;
  reach->second.from = std::max(reach->second.from, cut_);
}

void DiskBudget::Leave(const std::string& database) {
  const std::lock_guard<std::mutex> lock(mutex_);
  reaches_.erase(FullPath(database));
}

}  // namespace kubescribe::store
