#include "unit/fakes/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace kubescribe::fakes {

HttpClient::HttpClient(int port) {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address),
                sizeof(address)) != 0) {
    ::close(fd_);
    fd_ = -1;
  }
}

HttpClient::~HttpClient() {
  if (fd_ >= 0) ::close(fd_);
}

bool HttpClient::Fill() {
  pollfd waiting{fd_, POLLIN, 0};
  if (::poll(&waiting, 1, timeout_ms_) <= 0) {
    end_ = End::kTimeout;
    return false;
  }
  std::array<char, 65536> buffer;
  const ssize_t n = ::recv(fd_, buffer.data(), buffer.size(), 0);
  if (n <= 0) {
    end_ = End::kCut;
    return false;
  }
  raw_.append(buffer.data(), static_cast<std::size_t>(n));
  return true;
}

void HttpClient::Send(const std::string& method, const std::string& target,
                      const Headers& headers, const std::string& body) {
  std::string text = method + " " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n";
  for (const auto& [name, value] : headers) {
    text += name + ": " + value + "\r\n";
  }
  if (!body.empty()) {
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  text += "\r\n" + body;
  end_ = End::kOpen;
  body_.clear();
  if (::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) < 0) {
    end_ = End::kCut;
  }
}

bool HttpClient::ReadHead(Response& response) {
  std::size_t end = 0;
  while ((end = raw_.find("\r\n\r\n")) == std::string::npos) {
    if (!Fill()) return false;
  }
  const std::string head = raw_.substr(0, end + 2);
  raw_.erase(0, end + 4);
  response.status = std::atoi(head.c_str() + head.find(' '));
  std::size_t at = head.find("\r\n") + 2;
  while (at < head.size()) {
    const std::size_t line = head.find("\r\n", at);
    const std::size_t colon = head.find(": ", at);
    std::string name = head.substr(at, colon - at);
    for (char& c : name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    response.headers[name] = head.substr(colon + 2, line - colon - 2);
    at = line + 2;
  }
  return true;
}

bool HttpClient::ReadChunk() {
  std::size_t line = 0;
  while ((line = raw_.find("\r\n")) == std::string::npos) {
    if (!Fill()) return false;
  }
  const std::size_t size = std::strtoul(raw_.c_str(), nullptr, 16);
  while (raw_.size() < line + 2 + size + 2) {
    if (!Fill()) {
      body_ += raw_.substr(line + 2);
      raw_.clear();
      return false;
    }
  }
  body_ += raw_.substr(line + 2, size);
  raw_.erase(0, line + 2 + size + 2);
  if (size > 0) return true;
  end_ = End::kClean;
  return false;
}

HttpClient::Response HttpClient::Open(const std::string& target,
                                      const Headers& headers) {
  Response response;
  Send("GET", target, headers);
  ReadHead(response);
  return response;
}

bool HttpClient::ReadLine(std::string& line) {
  std::size_t end = 0;
  while ((end = body_.find('\n')) == std::string::npos) {
    if (end_ != End::kOpen || !ReadChunk()) {
      if ((end = body_.find('\n')) != std::string::npos) break;
      return false;
    }
  }
  line = body_.substr(0, end);
  body_.erase(0, end + 1);
  return true;
}

HttpClient::Response HttpClient::Get(const std::string& target,
                                     const Headers& headers,
                                     const std::string& method,
                                     const std::string& body) {
  Response response;
  Send(method, target, headers, body);
  if (!ReadHead(response)) return response;
  if (response.headers.count("transfer-encoding") != 0) {
    while (ReadChunk()) {
    }
    response.complete = end_ == End::kClean;
    response.body = std::move(body_);
    return response;
  }
  const std::size_t size =
      std::strtoul(response.headers["content-length"].c_str(), nullptr, 10);
  while (raw_.size() < size && Fill()) {
  }
  response.complete = raw_.size() >= size;
  response.body = raw_.substr(0, size);
  raw_.erase(0, response.body.size());
  return response;
}

}  // namespace kubescribe::fakes
