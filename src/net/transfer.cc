#include "net/transfer.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "net/retry_after.h"

namespace kubescribe::net {
namespace {

constexpr std::size_t kMaxHeaderBytes = 256 << 10;
constexpr std::uint64_t kRatioFloor = 16u << 20;
constexpr std::uint64_t kMaxRatio = 100;
// Watches are many and slow, lists are few and fast.
constexpr long kWatchBuffer = 32 << 10;
constexpr long kListBuffer = 128 << 10;
// A half-open connection is found within 60 s (P§8).
constexpr long kKeepIdle = 30;
constexpr long kKeepInterval = 15;
constexpr int kKeepCount = 2;
constexpr unsigned kUserTimeoutMs = 45000;

bool EqualNoCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) {
                      return std::tolower(x) == std::tolower(y);
                    });
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text[0]))) {
    text.remove_prefix(1);
  }
  while (!text.empty() &&
         std::isspace(static_cast<unsigned char>(text.back()))) {
    text.remove_suffix(1);
  }
  return text;
}

template <typename Value>
void Set(CURL* easy, CURLoption option, Value value) {
  // Fails only for options that this libcurl was built without.
  (void)curl_easy_setopt(easy, option, value);
}

void SetBlob(CURL* easy, CURLoption option, const std::string& bytes) {
  curl_blob blob{const_cast<char*>(bytes.data()), bytes.size(), CURL_BLOB_COPY};
  Set(easy, option, &blob);
}

// As client-go writes an extra's key into a header's name.
std::string EscapedKey(const std::string& key) {
  std::string out;
  for (const char c : key) {
    const bool plain =
        std::isalnum(static_cast<unsigned char>(c)) != 0 ||
        std::string_view("!#$&'*+-.^_`|~").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace

Transfer::Transfer(Loop::Impl& loop, const Endpoint& endpoint,
                   const Request& request, ResponseHandler* handler,
                   TransferId id, Ended ended)
    : loop_(loop),
      endpoint_(endpoint),
      request_(request),
      handler_(handler),
      id_(id),
      ended_(std::move(ended)) {
  if (request_.deadline > 0) {
    deadline_timer_ = loop_.After(request_.deadline, [this] {
      deadline_timer_ = 0;
      Fail(Error(Code::kUnavailable,
                 fmt::format("{}: not finished within {:.1f} s",
                             endpoint_.connection.server,
                             static_cast<double>(request_.deadline) /
                                 static_cast<double>(kSecond))));
    });
  }
}

Transfer::~Transfer() {
  Cancel();
  loop_.Remove(this);
  if (easy_ != nullptr) curl_easy_cleanup(easy_);
  curl_slist_free_all(headers_);
  curl_slist_free_all(connect_to_);
}

void Transfer::Start(const Credential& credential) {
  generation_ = credential.generation;
  easy_ = curl_easy_init();
  if (easy_ == nullptr) {
    Fail(Error(Code::kUnavailable, "no memory for a connection"));
    return;
  }
  SetOptions(credential);
  last_byte_ = loop_.clock().Mono();
  if (request_.idle_limit > 0) {
    idle_timer_ = loop_.After(request_.idle_limit, [this] { CheckIdle(); });
  }
  loop_.Add(this, easy_);
}

void Transfer::SetOptions(const Credential& credential) {
  const std::string url = endpoint_.url_base + request_.target;
  Set(easy_, CURLOPT_URL, url.c_str());
  Set(easy_, CURLOPT_HTTPGET, 1L);
  Set(easy_, CURLOPT_PATH_AS_IS, 1L);
  Set(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  Set(easy_, CURLOPT_FOLLOWLOCATION, 0L);
  Set(easy_, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  Set(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  Set(easy_, CURLOPT_NOSIGNAL, 1L);
  Set(easy_, CURLOPT_ERRORBUFFER, error_text_);
  Set(easy_, CURLOPT_USERAGENT, endpoint_.user_agent.c_str());
  Set(easy_, CURLOPT_BUFFERSIZE, request_.watch ? kWatchBuffer : kListBuffer);
  Set(easy_, CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(endpoint_.connect_timeout / kMillisecond));
  if (request_.compressed && !endpoint_.connection.disable_compression) {
    Set(easy_, CURLOPT_ACCEPT_ENCODING, "gzip");
  }
  Set(easy_, CURLOPT_TCP_KEEPALIVE, 1L);
  Set(easy_, CURLOPT_TCP_KEEPIDLE, kKeepIdle);
  Set(easy_, CURLOPT_TCP_KEEPINTVL, kKeepInterval);
  Set(easy_, CURLOPT_SOCKOPTFUNCTION, &SocketOptions);
  // An empty proxy also keeps curl from looking at the environment.
  Set(easy_, CURLOPT_PROXY, endpoint_.proxy.c_str());
  Set(easy_, CURLOPT_NOPROXY, "");
  Set(easy_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (!endpoint_.connect_to.empty()) {
    connect_to_ = curl_slist_append(nullptr, endpoint_.connect_to.c_str());
    Set(easy_, CURLOPT_CONNECT_TO, connect_to_);
  }
  Set(easy_, CURLOPT_HEADERFUNCTION, &HeaderCallback);
  Set(easy_, CURLOPT_HEADERDATA, this);
  Set(easy_, CURLOPT_WRITEFUNCTION, &WriteCallback);
  Set(easy_, CURLOPT_WRITEDATA, this);
  if (endpoint_.https) SetTls(credential);
  SetHeaders(credential);
}

void Transfer::SetTls(const Credential& credential) {
  Set(easy_, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  const bool verify = !endpoint_.connection.insecure;
  Set(easy_, CURLOPT_SSL_VERIFYPEER, verify ? 1L : 0L);
  Set(easy_, CURLOPT_SSL_VERIFYHOST, verify ? 2L : 0L);
  Set(easy_, CURLOPT_PROXY_SSL_VERIFYPEER, verify ? 1L : 0L);
  Set(easy_, CURLOPT_PROXY_SSL_VERIFYHOST, verify ? 2L : 0L);
  if (!credential.ca.empty()) {
    // The cluster's CA alone: without these the system's would count too.
    for (const CURLoption option :
         {CURLOPT_CAINFO, CURLOPT_CAPATH, CURLOPT_PROXY_CAINFO,
          CURLOPT_PROXY_CAPATH}) {
      Set(easy_, option, static_cast<char*>(nullptr));
    }
    SetBlob(easy_, CURLOPT_CAINFO_BLOB, credential.ca);
    SetBlob(easy_, CURLOPT_PROXY_CAINFO_BLOB, credential.ca);
  }
  if (!credential.client_cert.empty()) {
    Set(easy_, CURLOPT_SSLCERTTYPE, "PEM");
    Set(easy_, CURLOPT_SSLKEYTYPE, "PEM");
    SetBlob(easy_, CURLOPT_SSLCERT_BLOB, credential.client_cert);
    SetBlob(easy_, CURLOPT_SSLKEY_BLOB, credential.client_key);
    // So that OpenSSL never asks the terminal for one.
    Set(easy_, CURLOPT_KEYPASSWD, "");
  }
}

void Transfer::AddHeader(const std::string& name, const std::string& value) {
  const bool control = std::any_of(value.begin(), value.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (control) return;  // the kubeconfig's reader refuses such values
  headers_ = curl_slist_append(headers_, (name + ": " + value).c_str());
}

void Transfer::SetHeaders(const Credential& credential) {
  AddHeader("Accept", request_.accept);
  if (!endpoint_.host_header.empty()) {
    AddHeader("Host", endpoint_.host_header);
  }
  if (endpoint_.https) {
    if (!credential.authorization.empty()) {
      AddHeader("Authorization", credential.authorization);
    }
    const config::Impersonation& as = endpoint_.connection.impersonate;
    if (!as.user.empty()) AddHeader("Impersonate-User", as.user);
    if (!as.uid.empty()) AddHeader("Impersonate-Uid", as.uid);
    for (const std::string& group : as.groups) {
      AddHeader("Impersonate-Group", group);
    }
    for (const auto& [key, values] : as.extra) {
      for (const std::string& value : values) {
        AddHeader("Impersonate-Extra-" + EscapedKey(key), value);
      }
    }
  }
  Set(easy_, CURLOPT_HTTPHEADER, headers_);
  // These are for the server, never for a proxy on the way.
  Set(easy_, CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));
}

int Transfer::SocketOptions(void*, curl_socket_t fd, curlsocktype) {
  const int count = kKeepCount;
  (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
  const unsigned timeout = kUserTimeoutMs;
  (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof timeout);
  return CURL_SOCKOPT_OK;
}

std::size_t Transfer::HeaderCallback(char* data, std::size_t size,
                                     std::size_t count, void* self) {
  const std::size_t bytes = size * count;
  auto* transfer = static_cast<Transfer*>(self);
  return transfer->TakeHeader({data, bytes}) ? bytes : bytes + 1;
}

std::size_t Transfer::WriteCallback(char* data, std::size_t size,
                                    std::size_t count, void* self) {
  const std::size_t bytes = size * count;
  auto* transfer = static_cast<Transfer*>(self);
  return transfer->TakeBody({data, bytes}) ? bytes : bytes + 1;
}

// False: curl is to give up.
bool Transfer::TakeHeader(std::string_view line) {
  if (ended()) return false;
  loop_.Received(this);
  if (ended()) return false;
  last_byte_ = loop_.clock().Mono();
  header_bytes_ += line.size();
  if (header_bytes_ > kMaxHeaderBytes) {
    failure_ = Error(Code::kInvalid, "the answer's headers are too large");
    return false;
  }
  if (head_done_) return true;  // a trailer
  if (line.starts_with("HTTP/")) {
    head_ = {};
    return true;
  }
  line = Trim(line);
  if (line.empty()) {
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    head_.status = static_cast<int>(status);
    if (status < 200) return true;  // an interim answer
    head_done_ = true;
    if (request_.watch) loop_.Settled(this);
    handler_->OnHead(head_);
    return !ended();
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return true;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = Trim(line.substr(colon + 1));
  if (EqualNoCase(name, "content-type")) {
    head_.content_type = std::string(value);
  } else if (EqualNoCase(name, "retry-after")) {
    head_.retry_after = ParseRetryAfter(value, loop_.clock().Wall());
  } else if (EqualNoCase(name, "content-encoding")) {
    const bool gzip = EqualNoCase(value, "gzip") && request_.compressed;
    if (!gzip && !EqualNoCase(value, "identity") && !value.empty()) {
      failure_ = Error(Code::kInvalid,
                       "the answer is in a content encoding that was not "
                       "asked for");
      return false;
    }
  }
  return true;
}

bool Transfer::Expands() {
  curl_off_t raw = 0;
  curl_easy_getinfo(easy_, CURLINFO_SIZE_DOWNLOAD_T, &raw);
  // curl counts a buffer only after it was decoded.
  const std::uint64_t received =
      static_cast<std::uint64_t>(raw) + static_cast<std::uint64_t>(kListBuffer);
  return body_bytes_ > kRatioFloor && body_bytes_ / kMaxRatio > received;
}

bool Transfer::TakeBody(std::string_view bytes) {
  if (ended()) return false;
  loop_.Received(this);
  if (ended()) return false;
  last_byte_ = loop_.clock().Mono();
  body_bytes_ += bytes.size();
  if (request_.max_body > 0 && body_bytes_ > request_.max_body) {
    failure_ = Error(
        Code::kInvalid,
        fmt::format("the answer is larger than {} bytes", request_.max_body));
    return false;
  }
  if (request_.compressed && Expands()) {
    failure_ =
        Error(Code::kInvalid, "the compressed answer expands more than 100:1");
    return false;
  }
  if (paused_) {
    held_.append(bytes);
    return true;
  }
  return Deliver(bytes);
}

bool Transfer::Deliver(std::string_view bytes) {
  const Flow flow = handler_->OnBody(bytes);
  if (ended()) return false;
  if (flow == Flow::kPause) {
    paused_ = true;
    curl_easy_pause(easy_, CURLPAUSE_RECV);
  }
  return true;
}

void Transfer::Resume() {
  if (ended() || !paused_) return;
  paused_ = false;
  last_byte_ = loop_.clock().Mono();
  if (!held_.empty()) {
    const std::string held = std::exchange(held_, {});
    if (!Deliver(held) || paused_) return;
  }
  loop_.WantDrained(this);
  loop_.Pause(easy_, CURLPAUSE_CONT);
}

void Transfer::OnEmpty() {
  // While paused it is curl, not the peer, that has nothing for us.
  if (!ended() && !paused_ && head_done_) handler_->OnDrained();
}

void Transfer::CheckIdle() {
  idle_timer_ = 0;
  const Micros now = loop_.clock().Mono();
  if (paused_) last_byte_ = now;
  const Micros left = last_byte_ + request_.idle_limit - now;
  if (left > 0) {
    idle_timer_ = loop_.After(left, [this] { CheckIdle(); });
    return;
  }
  Fail(
      Error(Code::kUnavailable,
            fmt::format("{}: no byte for {:.1f} s", endpoint_.connection.server,
                        static_cast<double>(request_.idle_limit) /
                            static_cast<double>(kSecond))));
}

void Transfer::Fail(const Error& error) {
  if (!ended()) Finish(error);
}

void Transfer::Cancel() {
  handler_ = nullptr;
  if (deadline_timer_ != 0) loop_.Cancel(std::exchange(deadline_timer_, 0));
  if (idle_timer_ != 0) loop_.Cancel(std::exchange(idle_timer_, 0));
}

void Transfer::Finish(const Status& status) {
  ResponseHandler* handler = handler_;
  Cancel();
  ended_(id_);
  handler->OnDone(status);
}

void Transfer::OnComplete(CURLcode code) {
  if (ended()) return;
  if (code == CURLE_OK) {
    // What came while it was paused, and the end with it.
    if (!held_.empty() && !Deliver(std::exchange(held_, {}))) return;
    Finish({});
  } else {
    Finish(failure_ ? failure_->Wrap(endpoint_.connection.server)
                    : CurlError(code));
  }
}

Error Transfer::CurlError(CURLcode code) const {
  Code kind = Code::kUnavailable;
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_HTTP2:
      kind = Code::kInvalid;
      break;
    default:
      break;
  }
  const std::string_view text =
      error_text_[0] != '\0' ? error_text_ : curl_easy_strerror(code);
  return Error(kind,
               fmt::format("{}: {}", endpoint_.connection.server, Trim(text)));
}

}  // namespace kubescribe::net
