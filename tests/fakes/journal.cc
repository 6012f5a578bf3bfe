#include "fakes/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace kubescribe::fakes {
namespace {

std::string Digest(const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), hash.data(), &size, EVP_sha256(),
             nullptr);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) hex += fmt::format("{:02x}", hash[i]);
  return hex;
}

// Paths and names; never more than a query string's worth of bytes.
std::string Quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

[[noreturn]] void Die(const char* what) {
  std::fprintf(stderr, "kubescribe-sim: journal: %s: %s\n", what,
               std::strerror(errno));
  std::abort();
}

}  // namespace

Result<std::unique_ptr<Journal>> Journal::Open(const SimOptions& options,
                                               const Clock& clock) {
  int fd = -1;
  if (!options.journal_path.empty()) {
    fd = ::open(options.journal_path.c_str(),
                O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0) {
      return Error(Code::kIo,
                   fmt::format("journal {}: {}; give a path that "
                               "can be written",
                               options.journal_path, std::strerror(errno)));
    }
  }
  return std::unique_ptr<Journal>(new Journal(options, clock, fd));
}

Journal::Journal(const SimOptions& options, const Clock& clock, int fd)
    : cluster_(options.name),
      fsync_(options.journal_fsync),
      digest_(options.journal_digest),
      keep_(options.keep_journal),
      clock_(clock),
      fd_(fd) {}

Journal::~Journal() {
  if (fd_ >= 0) ::close(fd_);
}

void Journal::Add(JournalEntry entry) {
  const std::lock_guard<std::mutex> lock(mutex_);
  entry.seq = ++seq_;
  entry.at = clock_.Wall();
  if (!entry.fault.empty()) {
    bool found = false;
    for (auto& [name, count] : served_) {
      if (name == entry.fault) {
        ++count;
        found = true;
      }
    }
    if (!found) served_.emplace_back(entry.fault, 1);
  }
  if (fd_ >= 0) WriteLine(entry);
  if (keep_) entries_.push_back(std::move(entry));
}

void Journal::WriteLine(const JournalEntry& entry) {
  std::string line = fmt::format(
      R"({{"cluster":{},"seq":{},"at":{},"resource":"{}","group":"{}",)"
      R"("namespace":{},"name":{},"uid":"{}","rv":"{}","type":"{}")",
      Quoted(cluster_), entry.seq, entry.at, entry.resource, entry.group,
      Quoted(entry.ns), Quoted(entry.name), entry.uid, entry.rv, entry.type);
  if (entry.object != nullptr) {
    if (digest_) {
      line += R"(,"digest":")" + Digest(*entry.object) + '"';
    } else {
      line += R"(,"object":)" + *entry.object;
    }
  }
  if (!entry.fault.empty()) {
    line +=
        R"(,"fault":")" + entry.fault + R"(","detail":)" + Quoted(entry.detail);
    // Not the object: its bytes may be no JSON.
    if (entry.sent != nullptr) {
      line += fmt::format(R"(,"sent_uid":{},"sent_rv":{},"sent_digest":"{}")",
                          Quoted(entry.sent_uid), Quoted(entry.sent_rv),
                          Digest(*entry.sent));
    }
    if (entry.hidden) line += R"(,"hidden":true)";
  }
  line += "}\n";
  std::size_t at = 0;
  while (at < line.size()) {
    const ssize_t n = ::write(fd_, line.data() + at, line.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) Die("write");
    at += static_cast<std::size_t>(n);
  }
  if (fsync_ && ::fsync(fd_) != 0) Die("fsync");
}

std::vector<JournalEntry> Journal::Entries() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return entries_;
}

std::uint64_t Journal::FaultsServed(const std::string& name) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& [served, count] : served_) {
    if (served == name) return count;
  }
  return 0;
}

}  // namespace kubescribe::fakes
