// Pager: the user's program for long text on a terminal, as git uses it:
// $KUBESCRIBE_PAGER, else $PAGER, else less (which ends at once for what fits
// the screen, and leaves it there). LESS is "FRX" where the user has not set
// it.
//
// One thread.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string_view>

namespace kubescribe::tool {

class Pager {
 public:
  // False after Forbid(), for a terminal that can only print, and where the
  // user's pager is "" or "cat".
  static bool Wanted();
  // `--no-pager`.
  static void Forbid();
  // Whether the text does not fit the terminal that is stdout.
  static bool IsLong(std::string_view text);

  // Null where it cannot be started. From then on an interrupt is the pager's.
  static std::unique_ptr<Pager> Start();
  Pager(const Pager&) = delete;
  Pager& operator=(const Pager&) = delete;
  // Ends its input and waits until the user has left it.
  ~Pager();

  int input() const { return input_; }

 private:
  Pager(pid_t pid, int input) : pid_(pid), input_(input) {}

  pid_t pid_;
  int input_;
};

}  // namespace kubescribe::tool
