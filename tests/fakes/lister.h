// Lists: pages, continue tokens that expire, the meanings of resourceVersion
// and resourceVersionMatch, and the two shapes of list bodies.
#pragma once

#include <deque>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "fakes/selector.h"
#include "fakes/state.h"
#include "fakes/status_body.h"

namespace kubescribe::fakes {

struct ListOptions {
  std::string ns;
  std::string limit;
  std::string continue_token;
  std::string resource_version;
  std::string match;
  Selector selector;
};

// A page: text before the items, the items, text after them.
struct Page {
  std::string head;
  std::vector<ObjectPtr> objects;
  std::string tail;
};

class Lister {
 public:
  Lister(const SimOptions& options, const State& state, const Clock& clock);

  // Any thread. REQUIRES: CheckListOptions has nothing against the options.
  std::variant<Page, StatusBody> List(const KindInfo& kind,
                                      const ListOptions& options);
  // Every token given out so far is too old from now on.
  void ExpireTokens();
  // What a 410 for this token says, with the token that goes on inconsistently.
  static StatusBody ExpiredToken(const std::string& token);

 private:
  // What a first page saw; the later ones are served from it.
  struct Snapshot {
    std::string key;
    std::uint64_t rv = 0;
    Micros taken = 0;
    std::vector<ObjectPtr> objects;
  };
  std::variant<State::Listing, StatusBody> Read(const KindInfo& kind,
                                                const ListOptions& options,
                                                std::size_t limit,
                                                std::string& start);
  Page Cut(const KindInfo& kind, const ListOptions& options,
           State::Listing listing, std::size_t limit, const std::string& start);

  const std::size_t largest_page_;
  const Micros ttl_;
  const State& state_;
  const Clock& clock_;
  std::mutex mutex_;
  std::deque<Snapshot> snapshots_;  // guarded by mutex_; oldest first
};

}  // namespace kubescribe::fakes
