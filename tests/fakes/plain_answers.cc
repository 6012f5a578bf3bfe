#include "fakes/plain_answers.h"

#include <utility>

namespace kubescribe::fakes {
Answer TextAnswer(int status, std::string body) {
  Answer answer;
  answer.status = status;
  answer.content_type = "text/plain; charset=utf-8";
  answer.headers.emplace_back("X-Content-Type-Options", "nosniff");
  answer.body = std::move(body);
  return answer;
}

Answer JsonAnswer(std::string body, int status) {
  Answer answer;
  answer.status = status;
  answer.body = std::move(body);
  answer.chunked = answer.body.size() > kKnownLength;
  return answer;
}

Answer FromStatus(const StatusBody& status) {
  Answer answer;
  answer.status = status.code;
  answer.body = Render(status) + "\n";
  if (status.retry_after_seconds > 0) {
    answer.headers.emplace_back("Retry-After",
                                std::to_string(status.retry_after_seconds));
  }
  return answer;
}

}  // namespace kubescribe::fakes
