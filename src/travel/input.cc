#include "travel/input.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

namespace kubescribe::travel {
namespace {

constexpr std::size_t kPiece = std::size_t{128} << 10;
// Headers only; the largest has a record's detail.
constexpr std::size_t kLongestLine = std::size_t{64} << 20;
// As SQLite's largest blob, and more than is ever recorded.
constexpr std::size_t kLargestBody = std::size_t{1} << 30;

Error CannotRead(const std::string& path, int error) {
  return Error(
      error == ENOENT || error == ENOTDIR ? Code::kNotFound : Code::kIo,
      fmt::format("{}: cannot read it: {}", path,
                  std::generic_category().message(error)));
}

}  // namespace

Input::Input(std::string path, int fd, std::uint64_t size)
    : path_(std::move(path)), fd_(fd), size_(size) {}

Input::~Input() { close(fd_); }

Result<std::unique_ptr<Input>> Input::Open(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return CannotRead(path, errno);
  struct stat info = {};
  const bool file = fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
  if (S_ISDIR(info.st_mode)) {
    close(fd);
    return CannotRead(path, EISDIR);
  }
  return std::unique_ptr<Input>(
      new Input(path, fd, file ? static_cast<std::uint64_t>(info.st_size) : 0));
}

Error Input::CutOff() const {
  return Error(Code::kCorruption,
               fmt::format("{}: it is cut off: its end is missing", path_));
}

Result<bool> Input::Fill() {
  if (used_ > 0) {
    buffer_.erase(0, used_);
    used_ = 0;
  }
  const std::size_t had = buffer_.size();
  while (buffer_.size() == had) {
    if (raw_used_ == raw_.size() && !ended_) {
      raw_.resize(kPiece);
      raw_used_ = 0;
      const ssize_t got = read(fd_, raw_.data(), raw_.size());
      if (got < 0 && errno == EINTR) {
        raw_.clear();
        continue;
      }
      if (got < 0) return CannotRead(path_, errno);
      raw_.resize(static_cast<std::size_t>(got));
      done_ += static_cast<std::size_t>(got);
      ended_ = got == 0;
    }
    if (!looked_) {
      looked_ = true;
      if (raw_.starts_with(codec::kZstdMagic)) {
        inflater_ = std::make_unique<codec::Inflater>();
      }
    }
    std::string_view piece = std::string_view(raw_).substr(raw_used_);
    if (inflater_ == nullptr) {
      buffer_ += piece;
      raw_used_ = raw_.size();
    } else if (!piece.empty() || !ended_) {
      if (Status read = inflater_->Read(piece, buffer_); !read.ok()) {
        return read.error().Wrap(path_);
      }
      raw_used_ = raw_.size() - piece.size();
    } else {
      // What it still holds back.
      if (Status read = inflater_->Read(piece, buffer_); !read.ok()) {
        return read.error().Wrap(path_);
      }
      if (buffer_.size() == had && !inflater_->whole()) return CutOff();
    }
    if (ended_ && buffer_.size() == had) return false;
  }
  return true;
}

Result<std::optional<std::string>> Input::Line() {
  sha_.Update(last_line_);
  last_line_.clear();
  std::size_t looked = used_;
  while (true) {
    const std::size_t end = buffer_.find('\n', looked);
    if (end != std::string::npos) {
      last_line_ = buffer_.substr(used_, end + 1 - used_);
      used_ = end + 1;
      return std::optional(last_line_.substr(0, last_line_.size() - 1));
    }
    if (buffer_.size() - used_ > kLongestLine) {
      return Error(Code::kCorruption,
                   fmt::format("{}: a line of it has no end", path_));
    }
    looked = buffer_.size() - used_;
    const Result<bool> more = Fill();
    if (!more.ok()) return more.error();
    if (*more) continue;
    if (buffer_.size() > used_) return CutOff();
    return std::optional<std::string>();
  }
}

Result<std::string> Input::Body(std::size_t size) {
  if (size > kLargestBody) {
    return Error(Code::kCorruption,
                 fmt::format("{}: a body of {} bytes", path_, size));
  }
  sha_.Update(last_line_);
  last_line_.clear();
  std::string body;
  // Nothing is taken on trust: it grows with what is there.
  while (body.size() < size + 1) {
    if (used_ == buffer_.size()) {
      const Result<bool> more = Fill();
      if (!more.ok()) return more.error();
      if (!*more) return CutOff();
    }
    const std::size_t take =
        std::min(size + 1 - body.size(), buffer_.size() - used_);
    body.append(buffer_, used_, take);
    used_ += take;
  }
  sha_.Update(body);
  if (body.back() != '\n') {
    return Error(
        Code::kCorruption,
        fmt::format("{}: a body has another length than is said", path_));
  }
  body.pop_back();
  return body;
}

Status Input::ExpectEnd() {
  if (used_ == buffer_.size()) {
    const Result<bool> more = Fill();
    if (!more.ok()) return more.error();
    if (!*more) return {};
  }
  return Error(Code::kCorruption,
               fmt::format("{}: something follows behind its end", path_));
}

}  // namespace kubescribe::travel
