// A client for the tests of the simulated cluster: one plain socket, blocking
// with a deadline, HTTP/1.1 taken apart by hand so that the tests see bytes
// and not what a library made of them.
#pragma once

#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace kubescribe::fakes {

class HttpClient {
 public:
  // Connected, or the test fails at the first request.
  explicit HttpClient(int port);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  struct Response {
    int status = 0;  // 0: the connection ended or nothing came in time
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;
    bool complete = false;  // the body ended as announced

    nlohmann::json Json() const {
      return nlohmann::json::parse(body, nullptr, false);
    }
  };
  using Headers = std::vector<std::pair<std::string, std::string>>;

  // The whole answer.
  Response Get(const std::string& target, const Headers& headers = {},
               const std::string& method = "GET", const std::string& body = "");
  // The answer's head only; the body is then read piece by piece.
  Response Open(const std::string& target, const Headers& headers = {});
  // The next line of a chunked body, without its newline; false at the end.
  bool ReadLine(std::string& line);
  // How the stream of ReadLine ended.
  enum class End { kOpen, kClean, kCut, kTimeout };
  End end() const { return end_; }
  // Bytes of the body that were no whole line yet.
  const std::string& rest() const { return body_; }
  void set_timeout_ms(int timeout) { timeout_ms_ = timeout; }

 private:
  bool Fill();  // more bytes into raw_
  bool ReadHead(Response& response);
  bool ReadChunk();  // one more chunk, or what there is of it, into body_
  void Send(const std::string& method, const std::string& target,
            const Headers& headers, const std::string& body = "");

  int fd_ = -1;
  int timeout_ms_ = 5000;
  std::string raw_;
  std::string body_;
  End end_ = End::kOpen;
};

}  // namespace kubescribe::fakes
