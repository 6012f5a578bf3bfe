// Lister: one attempt at a consistent list, page by page, streamed (P§1).
//
// Every page must report the first page's RV. The items of the first page are
// held until its RV is known, because custom-resource lists tell it only after
// the items; all later ones go through one by one. Where the first page is too
// large to be held, it is asked for again with one item only.
//
// The replacement token that comes with an expired continue token is never
// used: its pages belong to another moment. What to do then is the owner's
// decision.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "codec/digest.h"
#include "kube/list_parser.h"
#include "net/http.h"
#include "watch/failure.h"
#include "watch/frame_budget.h"
#include "watch/list_gate.h"
#include "watch/target.h"

namespace kubescribe::watch {

struct ListerOptions {
  std::size_t page_size = 500;
  std::size_t max_object = std::size_t{16} << 20;
  // Most bytes of the first page's items that are held.
  std::size_t max_held = std::size_t{16} << 20;
  // No byte for so long ends a page's transfer.
  Micros idle = 60 * kSecond;
  // Longest part of an object that is too large that is kept for its head.
  std::size_t head_bytes = 64 * 1024;
};

// An item or event that is too large to be kept.
struct LongObject {
  std::uint64_t size = 0;
  std::string digest;  // hex SHA-256 of all its bytes
  std::string prefix;  // its first bytes
};

// Collects a LongObject from its pieces.
class LongCollector {
 public:
  explicit LongCollector(std::size_t head_bytes) : head_bytes_(head_bytes) {}
  void Piece(std::string_view piece);
  LongObject End(std::uint64_t size);
  void Reset();

 private:
  const std::size_t head_bytes_;
  codec::Sha256 sha_;
  std::string prefix_;
};

// Loop thread. May be started again once it ended or was cancelled.
class Lister final : net::ResponseHandler,
                     kube::ListParser::Sink,
                     FrameBudget::Holder {
 public:
  enum class Problem {
    kRequest,       // `failure` says what
    kExpired,       // a continue token was answered with 410
    kInconsistent,  // pages of different RVs, a token that came before
  };

  // Items must be taken without cancelling or starting the lister. The other
  // calls are the last thing that a step of the lister does: the owner may
  // start or cancel it from within.
  class Owner {
   public:
    virtual ~Owner() = default;
    // The first page was asked for.
    virtual void OnListSent() = 0;
    // The list's RV, before its items (of an unpaged list after them).
    virtual void OnListRv(const std::string& rv) = 0;
    // rv: the list's; "" in an unpaged list.
    virtual void OnListItem(std::string item, const std::string& rv) = 0;
    virtual void OnListLongItem(LongObject item, const std::string& rv) = 0;
    // False: ask for no more until RoomAgain.
    virtual bool HasRoom() = 0;
    virtual void OnListEnd(const std::string& rv) = 0;
    virtual void OnListFailed(Problem problem, const Failure& failure) = 0;
  };

  // `cluster` tells clusters apart in the frame budget.
  Lister(const StreamSpec& spec, const ListerOptions& options,
         net::HttpClient& http, ListGate& gate, FrameBudget& frames,
         const void* cluster, Owner& owner);
  ~Lister() override { Cancel(); }

  // unpaged: one request for everything, streamed.
  void Start(bool unpaged);
  void Cancel();
  void RoomAgain();
  bool running() const { return running_; }

 private:
  struct Held {
    std::string item;
    std::optional<LongObject> long_item;
  };

  void OnHead(const net::ResponseHead& head) override;
  net::Flow OnBody(std::string_view bytes) override;
  void OnDone(const Status& status) override;
  void OnItem(std::string_view item) override;
  void OnLongItemPiece(std::string_view piece) override;
  void OnLongItemEnd(std::uint64_t size) override;
  void OnFrameRoom() override;
  void OnFrameStalled() override;

  void RequestPage();
  void PageDone();
  void NextPage();
  void Fail(Problem problem, const Failure& failure);
  bool HoldsPage() const { return !unpaged_ && rv_.empty(); }

  const StreamSpec& spec_;
  const ListerOptions options_;
  net::HttpClient& http_;
  ListGate& gate_;
  FrameBudget& frames_;
  const void* const cluster_;
  Owner& owner_;

  bool running_ = false;
  bool inside_ = false;  // holds a place of the gate
  bool unpaged_ = false;
  bool tiny_first_ = false;
  bool wants_room_ = false;  // the next page waits for the owner
  bool paused_ = false;      // the transfer waits for the owner
  bool frame_wait_ = false;  // the transfer waits for the frame budget
  std::optional<ListGate::Ticket> ticket_;
  std::optional<net::TransferId> transfer_;
  std::optional<net::ResponseHead> head_;
  std::optional<kube::ListParser> parser_;
  std::string error_body_;
  std::string rv_;                // of the first page
  std::string continue_;          // token of the page that is asked for
  std::set<std::size_t> tokens_;  // hashes of those that were used
  std::vector<Held> held_;
  std::size_t held_bytes_ = 0;
  std::size_t pending_ = 0;  // about the bytes of the unfinished item
  bool saw_item_ = false;    // in the bytes that are being fed
  LongCollector long_;
};

}  // namespace kubescribe::watch
