#include "fakes/virtual_net.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <utility>
#include <vector>

#include "net/retry_after.h"

namespace kubescribe::fakes {
namespace {

constexpr Micros kLatency = 2 * kMillisecond;   // most of one way
constexpr Micros kPieceGap = 1 * kMillisecond;  // most between two pieces

int PortOf(const std::string& url) {
  const std::size_t colon = url.rfind(':');
  int port = 0;
  if (colon != std::string::npos) {
    std::from_chars(url.data() + colon + 1, url.data() + url.size(), port);
  }
  return port;
}

bool Is(std::string_view name, std::string_view wanted) {
  return std::equal(
      name.begin(), name.end(), wanted.begin(), wanted.end(),
      [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

}  // namespace

// Where requests arrive. Knows its transfers; they know it while it lives.
class VirtualNet::VirtualServer final : public Transport {
 public:
  VirtualServer(VirtualNet& net, Handler handler, std::function<void()> tick)
      : net_(net),
        handler_(std::move(handler)),
        tick_(std::move(tick)),
        port_(++net.last_port_) {
    net_.servers_[port_] = this;
    Tick();
  }
  ~VirtualServer() override { Stop(); }

  int port() const override { return port_; }
  void Wake() override;
  void After(Micros delay, std::function<void()> what) override {
    net_.scheduler_.After(
        delay, [alive = std::weak_ptr<bool>(alive_), what = std::move(what)] {
          if (!alive.expired()) what();
        });
  }
  void Run(const std::function<void()>& what) override { what(); }
  void Freeze() override { frozen_ = true; }
  void Thaw() override {
    frozen_ = false;
    Wake();
  }
  void Close() override {
    open_ = false;
    CutAll();
  }
  void Open() override { open_ = true; }
  void CutAll() override;
  void Stop() override {
    if (alive_ == nullptr) return;
    Close();
    net_.scheduler_.Cancel(tick_timer_);
    alive_.reset();
    net_.servers_.erase(port_);
  }

  bool frozen() const { return frozen_; }
  bool open() const { return open_; }
  Answer Handle(const Request& request) { return handler_(request); }
  void CutStuck();

  std::map<std::uint64_t, Transfer*> transfers;  // in the order of arrival

 private:
  void Tick() {
    tick_timer_ = net_.scheduler_.After(kSecond, [this] {
      tick_();
      Tick();
    });
  }

  VirtualNet& net_;
  const Handler handler_;
  const std::function<void()> tick_;
  const int port_;
  bool open_ = true;
  bool frozen_ = false;
  bool waking_ = false;
  net::TimerId tick_timer_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// One GET. `ended` is called once, as the last thing; it may destroy this.
class VirtualNet::Transfer {
 public:
  Transfer(VirtualNet& net, int port, const net::Request& request,
           const std::string& token, net::ResponseHandler* handler,
           std::function<void()> ended)
      : net_(net),
        port_(port),
        request_(request),
        token_(token),
        handler_(handler),
        ended_(std::move(ended)) {
    At(Lag(kLatency), &arrival_, [this] { Arrive(); });
    if (request_.deadline > 0) {
      At(request_.deadline, &deadline_,
         [this] { End(Error(Code::kUnavailable, "not finished in time")); });
    }
    last_byte_ = Now();
    if (request_.idle_limit > 0) WatchIdle();
  }
  ~Transfer() {
    for (const net::TimerId id : {arrival_, deadline_, idle_, pump_}) {
      net_.scheduler_.Cancel(id);
    }
    if (server_ != nullptr) server_->transfers.erase(serial_);
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  void Resume() {
    if (!paused_) return;
    paused_ = false;
    last_byte_ = Now();
    PumpSoon(0);
  }
  void Cut() { End(Error(Code::kUnavailable, "connection reset by peer")); }
  // The server may have something new to say.
  void Wake() {
    if (on_the_way_.empty() || pump_ == 0) PumpSoon(0);
  }
  // It will not end in any reasonable time.
  bool stuck() const { return held_ || byte_delay_ > 0; }

 private:
  Micros Now() const { return net_.scheduler_.clock().Mono(); }
  Micros Lag(Micros most) {
    return static_cast<Micros>(
        net_.random_.Below(static_cast<std::uint64_t>(most)));
  }
  void At(Micros delay, net::TimerId* id, std::function<void()> fn) {
    *id = net_.scheduler_.After(delay, [id, fn = std::move(fn)] {
      *id = 0;
      fn();
    });
  }

  void PumpSoon(Micros delay) {
    net_.scheduler_.Cancel(pump_);
    At(delay, &pump_, [this] { Pump(); });
  }

  void WatchIdle() {
    At(std::max<Micros>(last_byte_ + request_.idle_limit - Now(), 0), &idle_,
       [this] {
         if (paused_) last_byte_ = Now();
         if (Now() - last_byte_ >= request_.idle_limit) {
           End(Error(Code::kUnavailable, "nothing came for too long"));
         } else {
           WatchIdle();
         }
       });
  }

  void Arrive() {
    const auto at = net_.servers_.find(port_);
    if (at == net_.servers_.end() || !at->second->open()) {
      End(Error(Code::kUnavailable, "connection refused"));
      return;
    }
    server_ = at->second;
    serial_ = ++net_.last_arrival_;
    server_->transfers[serial_] = this;
    Pump();
  }

  void Ask() {
    asked_ = true;
    Request request;
    request.method = "GET";
    request.target = request_.target;
    request.headers["accept"] = request_.accept;
    request.headers["user-agent"] = "kubescribe/virtual";
    if (!token_.empty()) request.headers["authorization"] = "Bearer " + token_;
    SplitTarget(request);
    Answer answer = server_->Handle(request);
    if (answer.hold) {
      held_ = true;
      return;
    }
    if (answer.raw) {
      // What would be on the wire is no HTTP, or never becomes it.
      held_ = !answer.script.empty() &&
              answer.script.back().kind == Step::Kind::kHold;
      if (!held_) End(Error(Code::kInvalid, "the answer is no HTTP"));
      return;
    }
    source_ = std::move(answer.source);
    script_ = std::move(answer.script);
    size_ = source_ != nullptr || answer.chunked ? 0 : answer.body.size();
    if (source_ == nullptr && script_.empty() && !answer.body.empty()) {
      Step body;
      body.bytes = std::move(answer.body);
      script_.push_back(std::move(body));
    }
    net::ResponseHead head;
    head.status = answer.status;
    head.content_type = answer.content_type;
    for (const auto& [name, value] : answer.headers) {
      if (Is(name, "retry-after")) {
        head.retry_after =
            net::ParseRetryAfter(value, net_.scheduler_.clock().Wall());
      } else if (Is(name, "content-encoding")) {
        End(Error(Code::kInvalid, "a content encoding that was not asked for"));
        return;
      }
    }
    last_byte_ = Now();
    undrained_ = true;
    handler_->OnHead(head);
  }

  // Goes on with whatever can go on: at most one call of the handler, which
  // may have destroyed this when it returns.
  void Pump() {
    if (paused_ || server_ == nullptr || server_->frozen()) return;
    if (!asked_) {
      PumpSoon(Lag(kPieceGap));  // first: Ask may be the last that we do
      Ask();
      return;
    }
    if (held_) {
      Drained();
      return;
    }
    if (!on_the_way_.empty()) {
      Deliver();
      return;
    }
    Step step = NextStep();
    switch (step.kind) {
      case Step::Kind::kSend:
        if (step.raw) return Cut();
        on_the_way_ = std::move(step.bytes);
        byte_delay_ = step.byte_delay;
        PumpSoon(0);
        return;
      case Step::Kind::kWait:
        PumpSoon(std::max<Micros>(step.until - Now(), kMillisecond));
        Drained();
        return;
      case Step::Kind::kEnd:
        if (size_ > body_bytes_) {
          End(Error(Code::kUnavailable, "the body was cut off"));
        } else {
          End({});
        }
        return;
      case Step::Kind::kCut:
      case Step::Kind::kReset:
        Cut();
        return;
      case Step::Kind::kHold:
        held_ = true;
        PumpSoon(0);
        return;
    }
  }

  Step NextStep() {
    Step step;
    if (!script_.empty()) {
      step = std::move(script_.front());
      script_.pop_front();
    } else if (source_ != nullptr) {
      step = source_->Next(Now());
    } else {
      step.kind = Step::Kind::kEnd;
    }
    return step;
  }

  void Deliver() {
    std::size_t most = on_the_way_.size();
    if (byte_delay_ > 0) {
      most = 1;
    } else if (net_.random_.Below(4) == 0) {
      most = 1 + net_.random_.Below(most);
    }
    const std::string piece = on_the_way_.substr(0, most);
    on_the_way_.erase(0, most);
    body_bytes_ += piece.size();
    last_byte_ = Now();
    undrained_ = true;
    if (request_.max_body > 0 && body_bytes_ > request_.max_body) {
      End(Error(Code::kInvalid, "the answer is too large"));
      return;
    }
    const Micros gap = byte_delay_ > 0              ? byte_delay_
                       : net_.random_.Below(2) == 0 ? 0
                                                    : Lag(kPieceGap);
    PumpSoon(gap);
    const std::weak_ptr<bool> alive = alive_;
    const net::Flow flow = handler_->OnBody(piece);
    if (alive.expired()) return;
    if (flow == net::Flow::kPause) {
      paused_ = true;
    } else if (gap > 0) {
      Drained();
    }
  }

  void Drained() {
    if (std::exchange(undrained_, false)) handler_->OnDrained();
  }

  void End(const Status& status) {
    net::ResponseHandler* const handler = handler_;
    const std::function<void()> ended = ended_;
    ended();  // this is gone now
    handler->OnDone(status);
  }

  VirtualNet& net_;
  const int port_;
  const net::Request request_;
  const std::string token_;
  net::ResponseHandler* const handler_;
  const std::function<void()> ended_;
  VirtualServer* server_ = nullptr;  // once the request arrived
  std::uint64_t serial_ = 0;
  std::unique_ptr<StepSource> source_;
  std::deque<Step> script_;
  std::string on_the_way_;  // sent, not delivered
  Micros byte_delay_ = 0;
  std::size_t size_ = 0;  // as announced; 0: chunked, or empty
  std::uint64_t body_bytes_ = 0;
  Micros last_byte_ = 0;
  bool asked_ = false;
  bool held_ = false;
  bool paused_ = false;
  bool undrained_ = false;  // something came since OnDrained
  net::TimerId arrival_ = 0;
  net::TimerId deadline_ = 0;
  net::TimerId idle_ = 0;
  net::TimerId pump_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

class VirtualNet::Client final : public net::HttpClient {
 public:
  Client(VirtualNet& net, int port, std::string token)
      : net_(net), port_(port), token_(std::move(token)) {}

  net::TransferId Get(const net::Request& request,
                      net::ResponseHandler* handler) override {
    const net::TransferId id = ++last_;
    transfers_[id] =
        std::make_unique<Transfer>(net_, port_, request, token_, handler,
                                   [this, id] { transfers_.erase(id); });
    return id;
  }
  void Cancel(net::TransferId id) override { transfers_.erase(id); }
  void Resume(net::TransferId id) override {
    const auto at = transfers_.find(id);
    if (at != transfers_.end()) at->second->Resume();
  }
  void CredentialRejected() override {}

 private:
  VirtualNet& net_;
  const int port_;
  const std::string token_;
  std::map<net::TransferId, std::unique_ptr<Transfer>> transfers_;
  net::TransferId last_ = 0;
};

void VirtualNet::VirtualServer::Wake() {
  if (std::exchange(waking_, true)) return;
  After(0, [this] {
    waking_ = false;
    // What waits is pumped by a timer of its own: pumping ends transfers.
    for (const auto& [serial, transfer] : transfers) transfer->Wake();
  });
}

void VirtualNet::VirtualServer::CutAll() {
  while (!transfers.empty()) transfers.begin()->second->Cut();
}

void VirtualNet::VirtualServer::CutStuck() {
  std::vector<std::uint64_t> stuck;
  for (const auto& [serial, transfer] : transfers) {
    if (transfer->stuck()) stuck.push_back(serial);
  }
  for (const std::uint64_t serial : stuck) {
    // An earlier one's end may have ended it.
    const auto at = transfers.find(serial);
    if (at != transfers.end()) at->second->Cut();
  }
}

std::unique_ptr<Transport> VirtualNet::Serve(Transport::Handler handler,
                                             std::function<void()> tick) {
  return std::make_unique<VirtualServer>(*this, std::move(handler),
                                         std::move(tick));
}

std::unique_ptr<net::HttpClient> VirtualNet::Connect(const std::string& url,
                                                     const std::string& token) {
  return std::make_unique<Client>(*this, PortOf(url), token);
}

void VirtualNet::CutStuck() {
  for (const auto& [port, server] : servers_) server->CutStuck();
}

}  // namespace kubescribe::fakes
