// Stream: the list/watch state machine of one (cluster, resource, namespace,
// selectors); DESIGN §4, P§2 and P§9.
//
//   probe ──► watch ◄──► (backoff)
//     │         │
//     └► list ◄─┘
//
//   Stream stream(spec, id, stored, options, env);
//   stream.Start();        // from here on it offers observations to env.sink
//   ...
//   stream.RoomAgain();    // after the sink said kFull and has room again
//   stream.Stop();
//
// What it offers is described in kube/observation.h. It starts from the stored
// position by a watch, after a probe that looks for a rewind, and lists only
// where there is no position or the server no longer has what follows it. It
// never gives up: what fails is tried again, slower and slower.
//
// Everything is on the loop's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "kube/event.h"
#include "kube/observation.h"
#include "net/http.h"
#include "watch/backoff.h"
#include "watch/failure.h"
#include "watch/flow_tracker.h"
#include "watch/frame_budget.h"
#include "watch/lister.h"
#include "watch/position.h"
#include "watch/probe.h"
#include "watch/sink.h"
#include "watch/stream_host.h"
#include "watch/target.h"
#include "watch/timer.h"
#include "watch/watch_call.h"

namespace kubescribe::watch {

// Where a stream stands in its file, as the columns of its row say.
struct StoredPosition {
  std::string position;  // "": none
  bool flowing = false;
  std::optional<Micros> flowed_until;
  // Of the file; counts where `flowing`.
  std::optional<Micros> known_until;
  // A list was necessary or under way when the process ended.
  std::optional<kube::GapCause> gap;
  std::string gap_from_rv;
  // The state then: forbidden and unavailable explain a later 410.
  kube::StreamState state = kube::StreamState::kStarting;
};

struct StreamOptions {
  ListerOptions list;
  BackoffOptions backoff;
  Micros request_deadline = 60 * kSecond;  // of a probe
  // A watch asks for a random time between these.
  Micros watch_min = 300 * kSecond;
  Micros watch_max = 600 * kSecond;
  Micros watch_grace = 30 * kSecond;  // then a watch is overdue
  // No byte for so long ends a watch where bookmarks come.
  Micros watch_idle = 240 * kSecond;
  Micros watch_spacing = 1 * kSecond;  // between starts of watches
  Micros short_watch = 2 * kSecond;    // shorter and empty: suspect (P§2)
  Micros probe_interval = 3 * kMinute;
  // Where bookmarks come: silence that ends the flow, and that asks a probe.
  Micros flow_silence = 90 * kSecond;
  Micros probe_silence = 150 * kSecond;
  // A watch that lived so long without a bookmark shows that none come.
  Micros bookmark_patience = 120 * kSecond;
  // A frame that takes longer from its first byte to its last is no point in
  // time any more.
  Micros frame_patience = 1 * kSecond;
  // Between starts of lists, and the jitter before one that others need too.
  Micros list_spacing = 10 * kSecond;
  Micros list_jitter = 500 * kMillisecond;
  // Between tries of what is forbidden or cannot be watched: this to twice it.
  Micros forbidden_retry = 5 * kMinute;
  // The first of those tries, four times longer each time: a server that has
  // just started refuses everyone until it has read its roles.
  Micros forbidden_soon = 2 * kSecond;
  // 503 for so long makes a later gap's cause `unavailable`.
  Micros unavailable_after = 60 * kSecond;
  // A probe or a list that is older than this when its watch opens does not
  // bound what the watch has to catch up with.
  Micros fresh = 250 * kMillisecond;
  // A watch that is accepted and silent for so long has nothing to catch up
  // with (headers are sent before the first events).
  Micros settle = 200 * kMillisecond;
  // A pause during which more than this arrived may have blocked the server.
  std::uint64_t backlog = 48 * 1024;
  Micros audit_interval = 30 * kMinute;  // 0: never by itself
  // Without bookmarks an audit counts as reached after this much silence.
  Micros audit_settle = 5 * kSecond;
  Micros audit_patience = 5 * kMinute;  // longest wait for its RV
  // After something that an audit can heal.
  Micros audit_soon = 10 * kSecond;
};

struct StreamEnv {
  net::HttpClient& http;
  net::Scheduler& scheduler;
  Random& random;
  ObservationSink& sink;
  ListGate& gate;
  FrameBudget& frames;
  kube::EventReader& reader;
  StreamHost& host;
  // Of the cluster: the sink is full.
  bool& full;
  std::string cluster;  // its name, for logs
};

struct StreamCounts {
  std::uint64_t events = 0;
  std::uint64_t bookmarks = 0;
  std::uint64_t bytes = 0;  // of watches
  std::uint64_t lists = 0;  // complete ones
  std::uint64_t items = 0;  // of lists
  std::uint64_t audits = 0;
  std::uint64_t watches = 0;  // started
  std::uint64_t stubs = 0;
  std::uint64_t failures = 0;
  std::uint64_t rewinds = 0;
};

struct StreamStatus {
  kube::StreamId id = kube::kNoStream;
  std::string name;
  std::string group;
  std::string resource;
  std::string name_space;
  kube::StreamState state = kube::StreamState::kStarting;
  std::string message;   // of the state
  std::string position;  // "" while it lists
  bool flowing = false;
  std::optional<Micros> flowed_until;   // wall; none: never
  std::optional<Micros> last_event_at;  // wall
  Micros lag = 0;  // since when nothing is certain; 0 while it flows
  double events_per_second = 0;
  std::string last_error;
  std::optional<Micros> last_error_at;
  StreamCounts counts;
};

// A list that is necessary, until it is complete.
struct PendingList {
  kube::GapCause cause = kube::GapCause::kStart;
  std::string lost_rv;
  std::optional<Micros> not_before;
  bool new_epoch = false;
  bool dirty = false;  // items were offered since its kListBegin
  int restarts = 0;    // expired or inconsistent attempts
};

class Stream final : Probe::Owner, WatchCall::Owner {
 public:
  Stream(StreamSpec spec, kube::StreamId id, StoredPosition stored,
         const StreamOptions& options, const StreamEnv& env);
  ~Stream() override;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  void Start();
  // Ends every transfer; the stream says when it last flowed, nothing more.
  void Stop();
  // Stops, and offers kStreamEnd: the kind was removed (crd_deleted: with its
  // objects), or it was taken out of the configuration (kConfig).
  void End(kube::GapCause cause, bool crd_deleted);

  // The sink has room again (env.full is false).
  void RoomAgain();
  // The loop could not look at its sockets since `from_wall`.
  void Stalled(Micros from_wall);
  // Lists anew although nothing failed here; kRewind: as a new epoch.
  void Relist(kube::GapCause cause);
  // Starts an audit list. False: not watching, or one is under way.
  bool Audit();
  // Something that made it wait may be over: tries at once.
  void Retry();

  kube::StreamId id() const { return id_; }
  const StreamSpec& spec() const { return spec_; }
  const std::string& position() const { return position_.resume(); }
  std::optional<Micros> flowed_until() const;
  // What another Stream would go on from.
  StoredPosition standing() const;
  kube::StreamState state() const { return state_; }
  StreamStatus status() const;

 private:
  enum class Phase { kIdle, kProbing, kListing, kWatching, kWaiting, kStopped };
  enum class AuditPhase { kNone, kListing, kReaching };

  // The two uses of a list, each an owner of a Lister of its own.
  class ListSide final : public Lister::Owner {
   public:
    explicit ListSide(Stream& stream) : stream_(stream) {}
    void OnListSent() override;
    void OnListRv(const std::string& rv) override;
    void OnListItem(std::string item, const std::string& rv) override;
    void OnListLongItem(LongObject item, const std::string& rv) override;
    bool HasRoom() override { return !stream_.env_.full; }
    void OnListEnd(const std::string& rv) override;
    void OnListFailed(Lister::Problem problem, const Failure& failure) override;

   private:
    Stream& stream_;
  };
  class AuditSide final : public Lister::Owner {
   public:
    explicit AuditSide(Stream& stream) : stream_(stream) {}
    void OnListSent() override;
    void OnListRv(const std::string& rv) override;
    void OnListItem(std::string item, const std::string& rv) override;
    void OnListLongItem(LongObject item, const std::string& rv) override;
    bool HasRoom() override { return !stream_.env_.full; }
    void OnListEnd(const std::string& rv) override;
    void OnListFailed(Lister::Problem problem, const Failure& failure) override;

   private:
    void Unreadable(kube::GapCause cause, const LongObject& object,
                    const std::string& rv);

    Stream& stream_;
    bool broken_ = false;  // an item could not be read
    std::string sent_position_;
    friend class Stream;
  };

  // stream.cc: what to do next.
  void Proceed();
  void Connect();
  void Wait(Micros delay, kube::StreamState state, const std::string& message);
  void HandleFailure(const Failure& failure);
  void NoteAway(const Failure& failure);
  kube::GapCause GoneCause() const;
  void Leave(Phase next);  // ends what the phase had under way
  void OnProbeSent() override;
  void OnProbed(const std::string& rv) override;
  void OnProbeFailed(const Failure& failure) override;
  void ProbeWhileWatching();
  bool Rewound(const std::string& rv) const;
  void SetState(kube::StreamState state, const std::string& message);
  Micros Between(Micros low, Micros high);
  const Clock& clock() const { return env_.scheduler.clock(); }
  kube::Observation Make(kube::Observation::Kind kind) const;
  void Offer(kube::Observation observation);
  void EndFlow(Micros instant);
  void FillKind(kube::ObjectHead& head) const;

  // stream_list.cc: lists and audits.
  void BeginList(kube::GapCause cause, bool new_epoch,
                 const std::string& lost_rv);
  void OfferListBegin();
  void TryList();
  void OfferListStub(kube::GapCause cause, const LongObject& object,
                     const std::string& rv, const std::string& message);
  void StartAudit();
  void AbortAudit();
  void AuditSoon();
  void ArmAudit(Micros delay);
  void CheckAuditReached(bool after_frame);
  void WaitForAudit();

  // stream_watch.cc: the watch.
  void OpenWatch();
  void OnWatchOpen() override;
  void OnWatchBytes(std::size_t size) override;
  void OnFrame(std::string_view frame) override;
  void OnLongFrame(LongObject frame) override;
  bool AfterBytes() override;
  void OnWatchHeld() override;
  void OnWatchDrained() override;
  void OnWatchEnd(WatchEnd end, const Failure& failure) override;
  void OnEvent(const kube::Frame& frame);
  void OnBookmark(const kube::Frame& frame);
  void OnErrorEvent();
  void OnGone(const std::string& message);
  void OnGarbage(const Failure& failure);
  void OnCleanEnd();
  void OfferStub(kube::GapCause cause, std::string_view prefix,
                 std::uint64_t size, const std::string& digest,
                 const std::string& message);
  void Stamp(kube::Observation& observation, const std::string& rv);
  void Moved(const std::string& rv);
  void OnSilence();
  void TryFlow();
  void Interrupted();

  const StreamSpec spec_;
  const kube::StreamId id_;
  const StoredPosition stored_;
  const StreamOptions options_;
  const StreamEnv env_;

  Phase phase_ = Phase::kIdle;
  std::uint64_t turn_ = 0;  // counts phases: outdated callbacks are told by it
  kube::StreamState state_ = kube::StreamState::kStarting;
  std::string message_;
  Position position_;
  FlowTracker flow_;
  Backoff backoff_;
  std::optional<kube::GapCause> away_;  // why nothing could be seen lately
  std::optional<Micros> busy_since_;    // mono: 503 since then
  bool retried_credential_ = false;
  int refusals_ = 0;  // 403 since it flowed
  int bad_requests_ = 0;
  bool poll_ = false;    // 405: cannot be watched, is listed now and then
  bool at_now_ = false;  // mutant 7

  // The probe, and what the last one showed before the watch.
  Probe probe_;
  std::string probe_position_;  // newest RV when it was sent
  std::string probe_audit_rv_;  // of the audit that waited then; "": none did
  Micros probe_sent_ = 0;       // wall
  std::string before_rv_;
  Micros before_sent_ = 0;  // wall

  // The list that is necessary, and the lister that works on it.
  std::optional<PendingList> list_;
  ListSide list_side_;
  Lister lister_;
  std::optional<Micros> last_list_;  // mono: start of the last, or audit
  Micros list_sent_ = 0;             // wall
  Micros list_sent_mono_ = 0;

  // The watch.
  WatchCall watch_;
  std::optional<Micros> last_watch_;  // mono: start of the last one
  Micros opened_ = 0;                 // mono
  std::uint64_t frames_ = 0;          // of this connection
  std::uint64_t frames_before_ = 0;   // the last bytes
  bool bookmark_here_ = false;        // a bookmark came on this connection
  bool expects_bookmarks_;
  int short_ends_ = 0;
  std::string garbage_at_;  // position of the last garbage
  Micros last_byte_ = 0;    // wall
  Micros last_byte_mono_ = 0;
  std::optional<Micros> partial_since_;  // mono: a frame is half received
  Micros whole_at_ = 0;  // wall: last bytes that ended with a whole frame
  bool silence_probed_ = false;
  bool held_ = false;     // the transfer was told to pause
  bool drained_ = false;  // no byte came since the socket was found empty
  // Bytes at the last pause or stall that a flow has not followed yet.
  std::optional<std::uint64_t> interrupted_at_;
  std::optional<Failure> error_event_;
  bool unreadable_object_ = false;  // the server could not decode an object

  // The audit.
  AuditPhase audit_ = AuditPhase::kNone;
  AuditSide audit_side_;
  Lister auditor_;
  std::string audit_rv_;
  Micros audit_since_ = 0;  // mono
  Micros last_audit_ = 0;   // mono
  bool audit_begun_ = false;

  Timer timer_;  // what Wait, StartWatch and TryList wait for
  Timer silence_timer_;
  Timer settle_timer_;
  Timer probe_timer_;
  Timer audit_timer_;
  Timer reach_timer_;

  StreamCounts counts_;
  std::optional<Micros> last_event_at_;
  std::string last_error_;
  std::optional<Micros> last_error_at_;
  // Events a second, decayed over about a minute.
  mutable double rate_ = 0;
  mutable Micros rate_at_ = 0;
};

}  // namespace kubescribe::watch
