#include "fakes/flood.h"

#include <algorithm>
#include <utility>

#include "fakes/gzip.h"

namespace kubescribe::fakes {
namespace {

constexpr std::size_t kBatch = 256 << 10;
constexpr std::size_t kBombBatch = std::size_t{4} << 20;

class Bomb final : public StepSource {
 public:
  Bomb(const std::string& head, std::size_t size, std::string tail)
      : blank_(kBombBatch, ' '), left_(size), tail_(std::move(tail)) {
    member_.Write(head);
  }

  Step Next(Micros) override {
    Step step;
    if (ended_) {
      step.kind = Step::Kind::kEnd;
      return step;
    }
    if (left_ > 0) {
      const std::size_t size = std::min(left_, blank_.size());
      left_ -= size;
      blank_.resize(size);
      member_.Write(blank_, boost::beast::zlib::Flush::sync);
    } else {
      member_.Finish(tail_);
      ended_ = true;
    }
    step.bytes = member_.Take();
    return step;
  }

 private:
  GzipMember member_{9};
  std::string blank_;
  std::size_t left_;
  const std::string tail_;
  bool ended_ = false;
};

}  // namespace

Flood::Flood(std::string head, const std::string& unit, std::size_t size,
             std::string tail)
    : head_(std::move(head)), left_(size), tail_(std::move(tail)) {
  while (batch_.size() < kBatch && batch_.size() < size) batch_ += unit;
}

Step Flood::Next(Micros) {
  Step step;
  if (!head_.empty()) {
    step.bytes = std::exchange(head_, "");
  } else if (left_ > 0) {
    step.bytes = batch_;
    left_ -= std::min(left_, batch_.size());
  } else if (!tail_.empty()) {
    step.bytes = std::exchange(tail_, "");
  } else {
    step.kind = Step::Kind::kEnd;
  }
  return step;
}

std::unique_ptr<StepSource> GzipBomb(const std::string& head, std::size_t size,
                                     const std::string& tail) {
  return std::make_unique<Bomb>(head, size, tail);
}

}  // namespace kubescribe::fakes
