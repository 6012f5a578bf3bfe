#include "record/key_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace kubescribe::record {
namespace {

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

Error Failed(const std::string& what, const std::string& path) {
  return Error(Code::kIo,
               fmt::format("cannot {} {}: {}", what, path,
                           std::strerror(errno)));  // NOLINT(concurrency-*)
}

Status EnsureFolder(const std::string& dir) {
  if (::mkdir(dir.c_str(), 0700) == 0) return {};
  if (errno != EEXIST) return Failed("make the folder", dir);
  struct stat info {};
  if (::stat(dir.c_str(), &info) != 0) return Failed("look at", dir);
  if ((info.st_mode & 077) != 0) {
    return Error(Code::kInvalid,
                 fmt::format("{} holds keys and is open to others; "
                             "run: chmod 700 {}",
                             dir, dir));
  }
  return {};
}

Result<KeyBytes> ReadKey(const Fd& file, const std::string& path,
                         const KeyFile& what) {
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return Failed("look at", path);
  if ((info.st_mode & 077) != 0) {
    return Error(Code::kInvalid,
                 fmt::format("others may read the {} {}; run: chmod 400 {}",
                             what.title, path, path));
  }
  // One byte more than a key has, so that a longer file is noticed.
  std::array<std::uint8_t, 33> buffer{};
  std::size_t size = 0;
  while (size < buffer.size()) {
    const ssize_t got =
        ::read(file.get(), buffer.data() + size, buffer.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failed("read", path);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size != 32) {
    std::string advice = "put the right file back";
    if (!what.when_lost.empty()) {
      advice += fmt::format(", or move it away to have a new key made ({})",
                            what.when_lost);
    }
    return Error(Code::kInvalid,
                 fmt::format("the {} {} is not 32 bytes long; {}", what.title,
                             path, advice));
  }
  KeyBytes bytes{};
  std::memcpy(bytes.data(), buffer.data(), bytes.size());
  return bytes;
}

// Writes the whole key under a name of its own first: a crash never leaves
// half a key under the real name. link() does not replace what is there.
Status WriteKey(const KeyBytes& bytes, const std::string& dir,
                const std::string& path) {
  const std::string draft = path + "." + std::to_string(::getpid());
  {
    const Fd file(::open(draft.c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                         0400));
    if (file.get() < 0) return Failed("make", draft);
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t put =
          ::write(file.get(), bytes.data() + done, bytes.size() - done);
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return Failed("write", draft);
      done += static_cast<std::size_t>(put);
    }
    if (::fsync(file.get()) != 0) return Failed("sync", draft);
  }
  const bool linked = ::link(draft.c_str(), path.c_str()) == 0;
  const int why = errno;
  ::unlink(draft.c_str());
  errno = why;
  if (!linked && errno != EEXIST) return Failed("make", path);
  const Fd folder(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || ::fsync(folder.get()) != 0) {
    return Failed("sync", dir);
  }
  return {};
}

}  // namespace

Result<KeyBytes> LoadOrCreateKey(const std::string& keys_dir,
                                 const KeyFile& file, Random& random) {
  const Status folder = EnsureFolder(keys_dir);
  if (!folder.ok()) return folder.error();
  const std::string path = keys_dir + "/" + file.name;
  for (int attempt = 0; attempt < 2; ++attempt) {
    const Fd opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (opened.get() >= 0) return ReadKey(opened, path, file);
    if (errno != ENOENT) return Failed("open", path);
    KeyBytes bytes{};
    random.Fill(bytes);
    const Status written = WriteKey(bytes, keys_dir, path);
    if (!written.ok()) return written.error();
  }
  return Failed("open", path);
}

Result<std::optional<KeyBytes>> LoadKey(const std::string& keys_dir,
                                        const KeyFile& file) {
  const std::string path = keys_dir + "/" + file.name;
  const Fd opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (opened.get() < 0) {
    if (errno == ENOENT) return std::optional<KeyBytes>();
    return Failed("open", path);
  }
  const Result<KeyBytes> bytes = ReadKey(opened, path, file);
  if (!bytes.ok()) return bytes.error();
  return std::optional(*bytes);
}

}  // namespace kubescribe::record
