#include "fakes/server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <chrono>
#include <future>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "fakes/sick_tls.h"

namespace kubescribe::fakes {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using Code_ = boost::system::error_code;

std::string Reason(int status) {
  const std::string known(http::obsolete_reason(
      http::int_to_status(static_cast<unsigned int>(status))));
  return known.empty() ? "Unknown" : known;
}

// A program that a test starts would keep the port open, were it given it.
template <typename Socket>
void KeepToOurselves(Socket& socket) {
  ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
}

// What a session needs of its server.
struct Shared {
  const Clock* clock = nullptr;
  Server::Handler handler;
  bool frozen = false;
};

class SessionBase : public std::enable_shared_from_this<SessionBase> {
 public:
  virtual ~SessionBase() = default;
  virtual void Begin() = 0;
  // Goes on with whatever can go on.
  virtual void Pump() = 0;
  virtual void Close(bool reset) = 0;
};

Request::Client ClientOf(SSL* ssl) {
  if (SSL_get0_peer_certificate(ssl) == nullptr) return Request::Client::kNone;
  return SSL_get_verify_result(ssl) == X509_V_OK ? Request::Client::kTrusted
                                                 : Request::Client::kForeign;
}

template <typename Stream>
class Session final : public SessionBase {
 public:
  Session(Shared& shared, std::set<std::shared_ptr<SessionBase>>& all,
          Stream stream, std::string sick)
      : shared_(shared),
        all_(all),
        stream_(std::move(stream)),
        sick_(std::move(sick)),
        timer_(stream_.get_executor()) {}

  void Begin() override {
    if constexpr (kTls) {
      stream_.async_handshake(
          asio::ssl::stream_base::server,
          [this, self = shared_from_this()](const Code_& error) {
            if (error) return Close(false);
            ReadRequest();
          });
    } else {
      ReadRequest();
    }
  }

  void Pump() override {
    if (closed_ || busy_ || shared_.frozen) return;
    if (parked_) {
      parked_ = false;
      HandleRequest();
      return;
    }
    if (!answering_ || held_) return;
    Step step;
    if (!script_.empty()) {
      step = std::move(script_.front());
      script_.pop_front();
    } else if (source_ != nullptr) {
      step = source_->Next(shared_.clock->Mono());
    } else {
      step.kind = Step::Kind::kEnd;
    }
    Do(std::move(step));
  }

  void Close(bool reset) override {
    if (closed_) return;
    closed_ = true;
    source_.reset();
    script_.clear();
    timer_.cancel();
    Code_ ignored;
    auto& socket = beast::get_lowest_layer(stream_);
    if (reset) {
      socket.set_option(asio::socket_base::linger(true, 0), ignored);
    } else {
      // Bytes of the peer that nobody read would turn the end into a reset.
      socket.shutdown(tcp::socket::shutdown_send, ignored);
    }
    socket.close(ignored);
    all_.erase(shared_from_this());
  }

 private:
  static constexpr bool kTls = !std::is_same_v<Stream, tcp::socket>;

  void ReadRequest() {
    parser_.emplace();
    parser_->body_limit(1 << 20);
    http::async_read(
        stream_, buffer_, *parser_,
        [this, self = shared_from_this()](const Code_& error, std::size_t) {
          if (closed_) return;
          if (error) return Close(false);
          if (shared_.frozen) {
            parked_ = true;
            return;
          }
          HandleRequest();
        });
  }

  void HandleRequest() {
    const auto& message = parser_->get();
    Request request;
    request.method = std::string(message.method_string());
    request.target = std::string(message.target());
    for (const auto& field : message) {
      std::string name(field.name_string());
      for (char& c : name) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
      }
      request.headers.emplace(std::move(name), std::string(field.value()));
    }
    request.body = message.body();
    request.connection = sick_;
    if constexpr (kTls) request.client = ClientOf(stream_.native_handle());
    SplitTarget(request);
    Answer answer = shared_.handler(request);
    keep_alive_ = message.keep_alive() && !answer.close;
    answering_ = true;
    WatchPeer();
    if (answer.hold) {
      held_ = true;
      return;
    }
    source_ = std::move(answer.source);
    if (answer.raw) {
      chunked_ = false;
      keep_alive_ = false;
      script_ = std::move(answer.script);
      return Pump();
    }
    chunked_ = source_ != nullptr || answer.chunked;
    Step head;
    head.bytes = Head(answer);
    in_head_ = true;
    if (!answer.script.empty()) {
      script_ = std::move(answer.script);
    } else if (!answer.body.empty()) {
      Step body;
      body.bytes = std::move(answer.body);
      script_.push_back(std::move(body));
    }
    if (answer.late_head) {
      in_head_ = false;
      late_head_ = std::move(head.bytes);
      return Pump();
    }
    Do(std::move(head));
  }

  std::string Head(const Answer& answer) const {
    std::string head =
        fmt::format("HTTP/1.1 {} {}\r\n", answer.status, Reason(answer.status));
    if (std::none_of(
            answer.headers.begin(), answer.headers.end(),
            [](const auto& one) { return one.first == "Cache-Control"; })) {
      head += "Cache-Control: no-cache, private\r\n";
    }
    if (!answer.content_type.empty()) {
      head += "Content-Type: " + answer.content_type + "\r\n";
    }
    for (const auto& [name, value] : answer.headers) {
      head += name + ": " + value + "\r\n";
    }
    if (!keep_alive_) head += "Connection: close\r\n";
    if (chunked_) {
      head += "Transfer-Encoding: chunked\r\n";
    } else {
      head += fmt::format("Content-Length: {}\r\n", answer.body.size());
    }
    return head + "\r\n";
  }

  void Do(Step step) {
    switch (step.kind) {
      case Step::Kind::kSend:
        return Send(std::move(step));
      case Step::Kind::kWait:
        return WaitUntil(step.until);
      case Step::Kind::kEnd:
        return EndAnswer();
      case Step::Kind::kCut:
        return Close(false);
      case Step::Kind::kReset:
        return Close(true);
      case Step::Kind::kHold:
        held_ = true;
        return;
    }
  }

  void Send(Step step) {
    out_.clear();
    if (in_head_ || !chunked_ || step.raw) {
      out_ = std::move(step.bytes);
    } else {
      const std::size_t size = std::max(step.announced, step.bytes.size());
      out_ = fmt::format("{:x}\r\n", size);
      out_ += step.bytes;
      if (size == step.bytes.size()) out_ += "\r\n";
    }
    if (!late_head_.empty()) out_.insert(0, std::exchange(late_head_, ""));
    in_head_ = false;
    busy_ = true;
    if (step.byte_delay > 0) return Trickle(0, step.byte_delay);
    asio::async_write(stream_, asio::buffer(out_),
                      [this, self = shared_from_this()](
                          const Code_& error, std::size_t) { Written(error); });
  }

  void Written(const Code_& error) {
    busy_ = false;
    if (closed_) return;
    if (error) return Close(false);
    Pump();
  }

  void Trickle(std::size_t at, Micros pause) {
    if (at >= out_.size()) return Written(Code_());
    asio::async_write(
        stream_, asio::buffer(out_.data() + at, 1),
        [this, at, pause, self = shared_from_this()](const Code_& error,
                                                     std::size_t) {
          if (closed_) return;
          if (error) return Written(error);
          timer_.expires_after(std::chrono::microseconds(pause));
          timer_.async_wait([this, at, pause, self](const Code_& stopped) {
            if (closed_ || stopped) return;
            Trickle(at + 1, pause);
          });
        });
  }

  void WaitUntil(Micros until) {
    const Micros now = shared_.clock->Mono();
    const Micros delay = std::max<Micros>(until - now, 1000);
    timer_.expires_after(std::chrono::microseconds(delay));
    timer_.async_wait([this, self = shared_from_this()](const Code_& stopped) {
      if (!stopped) Pump();
    });
  }

  void EndAnswer() {
    source_.reset();
    timer_.cancel();
    if (chunked_) {
      chunked_ = false;
      Step last;
      last.bytes = "0\r\n\r\n";
      script_.clear();
      return Send(std::move(last));
    }
    answering_ = false;
    if (!keep_alive_) return Close(false);
    if (!watching_peer_) ReadRequest();
  }

  // While an answer is sent nothing is expected of the peer but its end; what
  // does come is the start of its next request.
  void WatchPeer() {
    if (watching_peer_) return;
    watching_peer_ = true;
    stream_.async_read_some(
        buffer_.prepare(4096),
        [this, self = shared_from_this()](const Code_& error, std::size_t n) {
          watching_peer_ = false;
          if (closed_) return;
          if (error) return Close(false);
          buffer_.commit(n);
          if (!answering_) ReadRequest();
        });
  }

  Shared& shared_;
  std::set<std::shared_ptr<SessionBase>>& all_;
  Stream stream_;
  const std::string sick_;
  asio::steady_timer timer_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::unique_ptr<StepSource> source_;
  std::deque<Step> script_;
  std::string out_;
  std::string late_head_;   // waits for what comes after it
  bool busy_ = false;       // a write is under way
  bool answering_ = false;  // between a request and its answer's end
  bool in_head_ = false;
  bool chunked_ = false;
  bool keep_alive_ = true;
  bool held_ = false;
  bool parked_ = false;  // a request waits for the thaw
  bool watching_peer_ = false;
  bool closed_ = false;
};

}  // namespace

class Server::Impl {
 public:
  Impl(const Clock& clock, Handler handler, std::function<void()> tick)
      : tick_(std::move(tick)),
        acceptor_(context_),
        holder_(context_),
        ticker_(context_) {
    shared_.clock = &clock;
    shared_.handler = std::move(handler);
  }

  ~Impl() { Stop(); }

  Status Listen(const Config& config) {
    try {
      new_connection_ = config.new_connection;
      if (!config.certificate.certificate_pem.empty()) {
        tls_.emplace(config.certificate, config.client_ca);
        tls_->For("");  // an unusable one fails here
      }
      endpoint_ = tcp::endpoint(asio::ip::address_v4::loopback(),
                                static_cast<std::uint16_t>(config.port));
      BindAcceptor();
      endpoint_ = acceptor_.local_endpoint();
      // Bound and never listening: nobody else gets the port while it is
      // closed.
      holder_.open(endpoint_.protocol());
      KeepToOurselves(holder_);
      holder_.set_option(asio::socket_base::reuse_address(true));
      holder_.bind(endpoint_);
      acceptor_.listen(asio::socket_base::max_listen_connections);
    } catch (const boost::system::system_error& error) {
      return Error(Code::kIo,
                   fmt::format("listening on 127.0.0.1:{}: {}; give another "
                               "port, or 0 for a free one",
                               config.port, error.code().message()));
    }
    asio::post(context_, [this] {
      Accept();
      Tick();
    });
    thread_ = std::thread([this] {
      const auto work = asio::make_work_guard(context_);
      context_.run();
    });
    return {};
  }

  int port() const { return endpoint_.port(); }

  void Wake() {
    if (woken_.exchange(true)) return;
    asio::post(context_, [this] {
      woken_ = false;
      PumpAll();
    });
  }

  void After(Micros delay, std::function<void()> what) {
    asio::post(context_, [this, delay, what = std::move(what)]() mutable {
      auto timer = std::make_shared<asio::steady_timer>(context_);
      timer->expires_after(std::chrono::microseconds(delay));
      timer->async_wait([timer, what = std::move(what)](const Code_& error) {
        if (!error) what();
      });
    });
  }

  void Freeze() {
    Do([this] { shared_.frozen = true; });
  }

  void Thaw() {
    Do([this] {
      shared_.frozen = false;
      for (tcp::socket& socket : parked_) Begin(std::move(socket));
      parked_.clear();
      PumpAll();
    });
  }

  void Close() {
    Do([this] {
      Code_ ignored;
      acceptor_.close(ignored);
      CloseSessions(true);
    });
  }

  void Open() {
    Do([this] {
      if (acceptor_.is_open()) return;
      BindAcceptor();
      acceptor_.listen(asio::socket_base::max_listen_connections);
      Accept();
    });
  }

  void CutAll() {
    Do([this] { CloseSessions(true); });
  }

  void SetCertificate(const Certificate& certificate) {
    Do([&] {
      if (tls_) tls_->SetCertificate(certificate);
    });
  }

  void Stop() {
    if (!thread_.joinable()) return;
    asio::post(context_, [this] {
      Code_ ignored;
      acceptor_.close(ignored);
      CloseSessions(false);
      context_.stop();
    });
    thread_.join();
    sessions_.clear();
  }

  // Runs `what` in the server's thread and waits for it.
  void Do(const std::function<void()>& what) {
    if (std::this_thread::get_id() == thread_.get_id()) return what();
    if (!thread_.joinable()) return;
    std::promise<void> done;
    asio::post(context_, [&] {
      what();
      done.set_value();
    });
    done.get_future().wait();
  }

 private:
  void BindAcceptor() {
    acceptor_.open(endpoint_.protocol());
    KeepToOurselves(acceptor_);
    acceptor_.set_option(asio::socket_base::reuse_address(true));
    acceptor_.bind(endpoint_);
  }

  void Accept() {
    acceptor_.async_accept([this](const Code_& error, tcp::socket socket) {
      if (error == asio::error::operation_aborted || !acceptor_.is_open()) {
        return;
      }
      if (!error) {
        Code_ ignored;
        KeepToOurselves(socket);
        socket.set_option(tcp::no_delay(true), ignored);
        if (shared_.frozen) {
          parked_.push_back(std::move(socket));
        } else {
          Begin(std::move(socket));
        }
      }
      Accept();
    });
  }

  void Begin(tcp::socket socket) {
    std::string sick;
    if (const auto fault = new_connection_()) sick = fault->name;
    if (sick == "connect-close") return;  // with the socket's end
    if (sick == "connect-hang") {
      hanging_.push_back(std::move(socket));
      return;
    }
    std::shared_ptr<SessionBase> session;
    if (tls_ && sick != "tls-plain") {
      using Tls = asio::ssl::stream<tcp::socket>;
      session = std::make_shared<Session<Tls>>(
          shared_, sessions_, Tls(std::move(socket), tls_->For(sick)), sick);
    } else {
      session = std::make_shared<Session<tcp::socket>>(shared_, sessions_,
                                                       std::move(socket), sick);
    }
    sessions_.insert(session);
    session->Begin();
  }

  void PumpAll() {
    // Pumping may close sessions and so change the set.
    const std::vector<std::shared_ptr<SessionBase>> all(sessions_.begin(),
                                                        sessions_.end());
    for (const auto& session : all) session->Pump();
  }

  void CloseSessions(bool reset) {
    const std::vector<std::shared_ptr<SessionBase>> all(sessions_.begin(),
                                                        sessions_.end());
    for (const auto& session : all) session->Close(reset);
    parked_.clear();
    hanging_.clear();
  }

  void Tick() {
    ticker_.expires_after(std::chrono::milliseconds(20));
    ticker_.async_wait([this](const Code_& error) {
      if (error) return;
      tick_();
      Tick();
    });
  }

  Shared shared_;
  const std::function<void()> tick_;
  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  tcp::socket holder_;
  asio::steady_timer ticker_;
  tcp::endpoint endpoint_;
  std::optional<TlsContexts> tls_;
  std::function<std::optional<Fault>()> new_connection_;
  std::set<std::shared_ptr<SessionBase>> sessions_;
  std::vector<tcp::socket> parked_;
  std::vector<tcp::socket> hanging_;
  std::atomic<bool> woken_{false};
  std::thread thread_;
};

Result<std::unique_ptr<Transport>> Server::Start(const Config& config,
                                                 const Clock& clock,
                                                 Handler handler,
                                                 std::function<void()> tick) {
  auto impl =
      std::make_unique<Impl>(clock, std::move(handler), std::move(tick));
  const Status listening = impl->Listen(config);
  if (!listening.ok()) return listening.error();
  return std::unique_ptr<Transport>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;
int Server::port() const { return impl_->port(); }
void Server::Wake() { impl_->Wake(); }
void Server::After(Micros delay, std::function<void()> what) {
  impl_->After(delay, std::move(what));
}
void Server::Run(const std::function<void()>& what) { impl_->Do(what); }
void Server::Freeze() { impl_->Freeze(); }
void Server::Thaw() { impl_->Thaw(); }
void Server::Close() { impl_->Close(); }
void Server::Open() { impl_->Open(); }
void Server::CutAll() { impl_->CutAll(); }
void Server::Stop() { impl_->Stop(); }
void Server::SetCertificate(const Certificate& certificate) {
  impl_->SetCertificate(certificate);
}

}  // namespace kubescribe::fakes
