// Target: the paths and queries that a stream asks for.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "kube/resource.h"

namespace kubescribe::watch {

// How much of an object crosses the wire.
enum class Level { kFull, kMetadata };

// What one stream records: a kind, in one namespace ("": all), with selectors
// ("": none), at a level.
struct StreamSpec {
  kube::ResourceInfo resource;
  std::string name_space;
  std::string label_selector;
  std::string field_selector;
  Level level = Level::kFull;

  // Several events may share one RV: Events, in either group (P§2).
  bool shared_rv() const;
  // The watch cache does not serve it, so that no bookmarks come.
  bool bookmarks() const { return !shared_rv(); }
  // "pods", "pods in ns", "pods in ns (app=x)": for logs.
  std::string Name() const;
};

// Percent-encodes everything but unreserved characters.
std::string EscapeQuery(std::string_view text);

// A list's page. limit 0: all at once. resourceVersion is never set: the
// answer is the most recent state (P§1).
std::string ListTarget(const StreamSpec& spec, std::size_t limit,
                       const std::string& continue_token);
// REQUIRES: rv is neither "" nor "0" (P§3, RetryWatcher).
std::string WatchTarget(const StreamSpec& spec, const std::string& rv,
                        Micros timeout);

// Accept headers.
std::string ListAccept(Level level);
std::string WatchAccept(Level level);

}  // namespace kubescribe::watch
