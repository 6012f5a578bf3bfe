// TestServer: a peer that says exactly what a test wants it to, over plain TCP
// or TLS, each connection on a thread of its own.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace kubescribe::net {

class TestPeer {
 public:
  TestPeer(int fd, SSL* ssl) : fd_(fd), ssl_(ssl) {}
  ~TestPeer() { Close(); }
  TestPeer(const TestPeer&) = delete;
  TestPeer& operator=(const TestPeer&) = delete;

  // The request up to its blank line; "" when the client has gone.
  std::string ReadRequest() {
    std::string out;
    char c = 0;
    while (!out.ends_with("\r\n\r\n")) {
      const int n = ssl_ != nullptr ? SSL_read(ssl_, &c, 1)
                                    : static_cast<int>(recv(fd_, &c, 1, 0));
      if (n <= 0) return "";
      out += c;
    }
    return out;
  }
  bool Write(std::string_view bytes) {
    while (!bytes.empty()) {
      const int n =
          ssl_ != nullptr
              ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
              : static_cast<int>(
                    send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  // An HTTP response with a length.
  bool Reply(std::string_view body, std::string_view status = "200 OK",
             std::string_view headers = "") {
    return Write("HTTP/1.1 " + std::string(status) +
                 "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
                 std::string(headers) + "\r\n" + std::string(body));
  }
  bool StartChunked() {
    return Write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  }
  bool Chunk(std::string_view bytes) {
    char size[32];
    (void)snprintf(size, sizeof size, "%zx\r\n", bytes.size());
    return Write(size + std::string(bytes) + "\r\n");
  }
  bool EndChunked() { return Write("0\r\n\r\n"); }
  // Until the client closes.
  void WaitForClose() {
    char buffer[256];
    while ((ssl_ != nullptr ? SSL_read(ssl_, buffer, sizeof buffer)
                            : recv(fd_, buffer, sizeof buffer, 0)) > 0) {
    }
  }
  // RST instead of FIN.
  void Reset() {
    const linger hard{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(fd_);
    fd_ = -1;
  }
  void Close() {
    if (ssl_ != nullptr) {
      if (fd_ >= 0) SSL_shutdown(ssl_);
      SSL_free(ssl_);
      ssl_ = nullptr;
    }
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }
  std::string Sni() const {
    const char* name =
        ssl_ == nullptr ? nullptr
                        : SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name);
    return name == nullptr ? "" : name;
  }
  bool HasClientCert() const {
    return ssl_ != nullptr && SSL_get0_peer_certificate(ssl_) != nullptr;
  }

 private:
  int fd_;
  SSL* ssl_;
};

class TestServer {
 public:
  using Script = std::function<void(TestPeer&)>;

  // `tls` may be null; it must outlive the server.
  explicit TestServer(Script script, SSL_CTX* tls = nullptr)
      : script_(std::move(script)), tls_(tls) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        listen(listener_, 64) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) !=
            0) {
      std::abort();
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { Accept(); });
  }
  // REQUIRES: the clients have closed, or the scripts end by themselves.
  ~TestServer() {
    shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    for (std::thread& thread : threads_) thread.join();
    close(listener_);
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  int port() const { return port_; }
  std::string url() const {
    return (tls_ != nullptr ? "https://127.0.0.1:" : "http://127.0.0.1:") +
           std::to_string(port_);
  }
  int connections() const { return connections_; }

 private:
  void Accept() {
    while (true) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      ++connections_;
      threads_.emplace_back([this, fd] { Talk(fd); });
    }
  }
  void Talk(int fd) {
    SSL* ssl = nullptr;
    if (tls_ != nullptr) {
      ssl = SSL_new(tls_);
      SSL_set_fd(ssl, fd);
      if (SSL_accept(ssl) <= 0) {
        SSL_free(ssl);
        close(fd);
        return;
      }
    }
    TestPeer peer(fd, ssl);
    script_(peer);
  }

  const Script script_;
  SSL_CTX* const tls_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> connections_{0};
  std::vector<std::thread> threads_;  // the acceptor's until it was joined
  std::thread acceptor_;
};

}  // namespace kubescribe::net
