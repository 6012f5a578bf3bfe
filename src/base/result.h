// Result<T>: how every expected failure travels.
//
// A function that can fail for a reason outside the program (the network, the
// disk, somebody's file) returns a Result. Exceptions of libraries are caught
// at the edge of the module that owns the library and become an Error.
//
//   Result<Config> config = LoadConfig(path);
//   if (!config.ok()) return config.error().Wrap("starting");
//   Use(*config);
//
// An Error says what failed, where, and what to do about it, in one message for
// a person; its code is for the program. It never holds a secret.
#pragma once

#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace kubescribe {

enum class Code {
  kInvalid,      // the input is wrong: a flag, a file, a request
  kNotFound,     // what was asked for does not exist
  kGone,         // it existed; history no longer reaches back to it
  kConflict,     // another holder, another cluster, another version
  kCorruption,   // bytes that cannot be what was written
  kIo,           // the disk or the operating system
  kNoSpace,      // the disk is full
  kBusy,         // somebody else has it now; later it may work
  kUnavailable,  // the other side does not answer
  kForbidden,    // the other side says no
  kCancelled,    // asked to stop
  kUnsupported,  // a version or a feature that is not understood
};

// The code's name in lower case, for logs and JSON ("not_found").
std::string_view CodeName(Code code);

class [[nodiscard]] Error {
 public:
  Error(Code code, std::string message)
      : code_(code), message_(std::move(message)) {}

  Code code() const { return code_; }
  const std::string& message() const { return message_; }

  // The same error with where it happened put in front: "context: message".
  Error Wrap(std::string_view context) const {
    return Error(code_, std::string(context) + ": " + message_);
  }

 private:
  Code code_;
  std::string message_;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  // Implicit on purpose: `return value;` and `return Error(...)`.
  Result(T value) : value_(std::move(value)) {}      // NOLINT
  Result(Error error) : error_(std::move(error)) {}  // NOLINT

  bool ok() const { return value_.has_value(); }
  explicit operator bool() const { return ok(); }

  // REQUIRES: ok().
  T& operator*() & { return Checked(); }
  const T& operator*() const& { return const_cast<Result*>(this)->Checked(); }
  T&& operator*() && { return std::move(Checked()); }
  T* operator->() { return &Checked(); }
  const T* operator->() const { return &const_cast<Result*>(this)->Checked(); }

  // REQUIRES: !ok().
  const Error& error() const {
    if (!error_) std::abort();
    return *error_;
  }

 private:
  T& Checked() {
    if (!value_) std::abort();
    return *value_;
  }

  std::optional<T> value_;
  std::optional<Error> error_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const {
    if (!error_) std::abort();
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace kubescribe
