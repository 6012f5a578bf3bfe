#include "fakes/sick_frames.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "fakes/flood.h"
#include "fakes/status_body.h"

namespace kubescribe::fakes {
namespace {

constexpr std::size_t kOversize = std::size_t{17} << 20;
constexpr std::size_t kDepth = 10'000;
constexpr std::size_t kKeys = 1'000'000;
constexpr std::string_view kHugeRv = "1000000000000000000000000000000000000001";
// Above any RV that a simulated cluster comes to.
constexpr std::uint64_t kFarAhead = 1'000'000'000'000'000;

SickFrame Send(std::string bytes) {
  SickFrame sick;
  Step step;
  step.bytes = std::move(bytes);
  sick.steps.push_back(std::move(step));
  return sick;
}

SickFrame Raw(std::string bytes) {
  SickFrame sick = Send(std::move(bytes));
  sick.steps.back().raw = true;
  return sick;
}

SickFrame Nothing() {
  SickFrame sick;
  sick.hidden = true;
  return sick;
}

// Another object than the cluster holds is in what is sent: that of `frame`.
void Invents(SickFrame& sick, const std::string& frame, std::string uid,
             std::string rv) {
  const std::string mark = R"("object":)";
  const std::size_t from = frame.find(mark) + mark.size();
  sick.sent_uid = std::move(uid);
  sick.sent_rv = std::move(rv);
  sick.sent = std::make_shared<const std::string>(
      frame.substr(from, frame.rfind('}') - from));
}

// Where a field may be added behind all others of the object, as real objects
// have their metadata first.
std::size_t Behind(const std::string& frame) { return frame.rfind("}}"); }

// The event with one more field, which is not the cluster's.
SickFrame WithField(const HealthyFrame& healthy, const std::string& field) {
  std::string frame = healthy.text;
  frame.insert(Behind(frame), "," + field);
  SickFrame sick;
  Invents(sick, frame, healthy.event.object->uid,
          std::to_string(healthy.event.rv));
  Step step;
  step.bytes = std::move(frame);
  sick.steps.push_back(std::move(step));
  return sick;
}

SickFrame WithOtherRv(const HealthyFrame& healthy, const std::string& rv) {
  std::string frame = WithRv(healthy.text, healthy.event.rv, rv);
  SickFrame sick;
  Invents(sick, frame, healthy.event.object->uid, rv);
  Step step;
  step.bytes = std::move(frame);
  sick.steps.push_back(std::move(step));
  return sick;
}

std::string WithType(std::string frame, const std::string& type) {
  const std::size_t from = frame.find(":\"") + 2;
  return frame.replace(from, frame.find('"', from) - from, type);
}

std::string Replaced(std::string text, const std::string& from,
                     const std::string& to) {
  const std::size_t at = text.find(from);
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

SickFrame ErrorThenEnd(const std::string& object) {
  SickFrame sick = Send(Frame("ERROR", object));
  sick.ends = true;
  return sick;
}

SickFrame Error(int code, const std::string& reason) {
  StatusBody status;
  status.code = code;
  status.reason = reason;
  status.message = "an error on the server: simulated";
  return ErrorThenEnd(Render(status));
}

// --- How it is sent.

SickFrame Partial(const Fault& fault, const HealthyFrame& healthy,
                  Step::Kind last) {
  SickFrame sick;
  Step step;
  step.announced = healthy.text.size();
  step.bytes =
      healthy.text.substr(0, std::min(fault.bytes, healthy.text.size()));
  if (!step.bytes.empty()) sick.steps.push_back(std::move(step));
  Step end;
  end.kind = last;
  sick.steps.push_back(std::move(end));
  return sick;
}

SickFrame Cut(const Fault& fault, const HealthyFrame& healthy) {
  return Partial(fault, healthy,
                 fault.reset ? Step::Kind::kReset : Step::Kind::kCut);
}

SickFrame HalfOpen(const Fault& fault, const HealthyFrame& healthy) {
  return Partial(fault, healthy, Step::Kind::kHold);
}

SickFrame Trickle(const Fault& fault, const HealthyFrame& healthy) {
  SickFrame sick = Send(healthy.text);
  sick.steps.back().byte_delay =
      fault.delay > 0 ? fault.delay : 10 * kMillisecond;
  return sick;
}

SickFrame WrongChunk(const Fault&, const HealthyFrame& healthy) {
  return Raw(
      fmt::format("{:x}\r\n{}\r\n", healthy.text.size() / 2, healthy.text));
}

SickFrame ChunkOverflow(const Fault&, const HealthyFrame& healthy) {
  return Raw("fffffffffffffffff\r\n" + healthy.text + "\r\n");
}

SickFrame NoNewline(const Fault&, const HealthyFrame& healthy) {
  return Send(healthy.text.substr(0, healthy.text.size() - 1));
}

SickFrame ObjectFirst(const Fault&, const HealthyFrame& healthy) {
  const std::string& text = healthy.text;
  const std::size_t comma = text.find(R"(,"object":)");
  const std::string type = text.substr(1, comma - 1);
  return Send("{" + text.substr(comma + 1, text.rfind('}') - comma - 1) + "," +
              type + "}\n");
}

SickFrame EndlessFrame(const Fault& fault, const HealthyFrame& healthy) {
  const std::size_t at = Behind(healthy.text);
  SickFrame sick;
  sick.flood = std::make_unique<Flood>(
      healthy.text.substr(0, at) + R"(,"endless":")", "x",
      fault.bytes > 0 ? fault.bytes : kEndless, "\"" + healthy.text.substr(at));
  return sick;
}

SickFrame Oversize(const Fault& fault, const HealthyFrame& healthy) {
  const std::size_t size = fault.bytes > 0 ? fault.bytes : kOversize;
  return WithField(healthy, R"("padding":")" + std::string(size, 'x') + "\"");
}

// --- JSON.

SickFrame Unparsable(const Fault&, const HealthyFrame& healthy) {
  const std::string mark = R"("object":{)";
  std::string frame = healthy.text;
  return Send(frame.insert(frame.find(mark) + mark.size(), R"("broken":tru,)"));
}

SickFrame Garbage(const Fault&, const HealthyFrame& healthy) {
  return Send(std::string("\0\xff<oops>\n", 9) + healthy.text);
}

SickFrame NulBytes(const Fault&, const HealthyFrame& healthy) {
  return WithField(healthy, std::string("\"nul\":\"a\0b\"", 11));
}

SickFrame InvalidUtf8(const Fault&, const HealthyFrame& healthy) {
  return WithField(healthy, "\"text\":\"\xc3\x28\xff\"");
}

SickFrame LoneSurrogate(const Fault&, const HealthyFrame& healthy) {
  return WithField(healthy, R"("half":"\ud800")");
}

SickFrame HugeNumber(const Fault&, const HealthyFrame& healthy) {
  return WithField(healthy, R"("number":1e400)");
}

SickFrame DuplicateKeys(const Fault&, const HealthyFrame& healthy) {
  return WithField(healthy, R"("twice":1,"twice":2)");
}

SickFrame DeepNesting(const Fault& fault, const HealthyFrame& healthy) {
  const std::size_t depth = fault.bytes > 0 ? fault.bytes : kDepth;
  return WithField(healthy, R"("deep":)" + std::string(depth, '[') +
                                std::string(depth, ']'));
}

SickFrame ManyKeys(const Fault& fault, const HealthyFrame& healthy) {
  const std::size_t keys = fault.bytes > 0 ? fault.bytes : kKeys;
  std::string field = R"("many":{"k":0)";
  for (std::size_t i = 0; i < keys; ++i) field += fmt::format(",\"{}\":0", i);
  return WithField(healthy, field + "}");
}

// --- What it says.

SickFrame Drop(const Fault&, const HealthyFrame&) { return Nothing(); }

SickFrame Duplicate(const Fault&, const HealthyFrame& healthy) {
  return Send(healthy.text + healthy.text);
}

SickFrame OtherBody(const Fault&, const HealthyFrame& healthy) {
  SickFrame sick = WithField(healthy, R"("other":"body")");
  sick.steps.back().bytes.insert(0, healthy.text);
  return sick;
}

SickFrame AddedTwice(const Fault&, const HealthyFrame& healthy) {
  // A deletion stays one.
  const std::string added = healthy.event.type == EventType::kDeleted
                                ? healthy.text
                                : WithType(healthy.text, "ADDED");
  return Send(added + added);
}

SickFrame Reorder(const Fault&, const HealthyFrame& healthy) {
  SickFrame sick;
  sick.held = healthy.text;
  sick.hidden = true;  // the stream may end before it is sent
  return sick;
}

SickFrame NullDeleted(const Fault&, const HealthyFrame&) {
  return Send(Frame("DELETED", "null"));
}

SickFrame OldDeleted(const Fault&, const HealthyFrame& healthy) {
  if (healthy.event.previous == nullptr) return Send(healthy.text);
  SickFrame sick =
      WithOtherRv(healthy, std::to_string(healthy.event.previous->rv));
  sick.hidden = true;
  return sick;
}

// Before the event: the same of an object that does not exist, under its RV.
SickFrame Ghost(const HealthyFrame& healthy, const char* type) {
  const Object& object = *healthy.event.object;
  const std::string uid =
      fmt::format("00000000-0000-4000-8000-{:012x}", healthy.event.rv);
  std::string frame = WithType(healthy.text, type);
  frame = Replaced(std::move(frame), R"("uid":")" + object.uid + '"',
                   R"("uid":")" + uid + '"');
  frame = Replaced(std::move(frame), R"("name":")" + object.name + '"',
                   R"("name":")" + object.name + R"(-ghost")");
  SickFrame sick = Send(frame + healthy.text);
  Invents(sick, frame, uid, std::to_string(healthy.event.rv));
  return sick;
}

SickFrame DeletedUnknown(const Fault&, const HealthyFrame& healthy) {
  return Ghost(healthy, "DELETED");
}

SickFrame ModifiedUnknown(const Fault&, const HealthyFrame& healthy) {
  return Ghost(healthy, "MODIFIED");
}

SickFrame BadRv(const Fault&, const HealthyFrame& healthy) {
  return WithOtherRv(healthy, "not-a-number");
}

SickFrame EmptyRv(const Fault&, const HealthyFrame& healthy) {
  return WithOtherRv(healthy, "");
}

SickFrame LowRv(const Fault&, const HealthyFrame& healthy) {
  SickFrame sick = WithOtherRv(healthy, "1");
  sick.hidden = true;
  return sick;
}

SickFrame HugeRv(const Fault&, const HealthyFrame& healthy) {
  SickFrame sick = WithOtherRv(healthy, std::string(kHugeRv));
  sick.hidden = true;
  return sick;
}

SickFrame UnknownType(const Fault&, const HealthyFrame& healthy) {
  return Send(WithType(healthy.text, "PECULIAR"));
}

SickFrame ErrorEvent(const Fault& fault, const HealthyFrame&) {
  const int code = fault.code != 0 ? fault.code : 500;
  return Error(code, code == 504   ? "Timeout"
                     : code == 410 ? "Expired"
                                   : "InternalError");
}

SickFrame ErrorNull(const Fault&, const HealthyFrame&) {
  return ErrorThenEnd("null");
}

SickFrame StoreReadError(const Fault&, const HealthyFrame&) {
  return Error(500, "StorageReadError");
}

SickFrame End(const Fault&, const HealthyFrame&) {
  SickFrame sick;
  sick.ends = true;
  return sick;
}

SickFrame SharedRvCut(const Fault&, const HealthyFrame&) {
  SickFrame sick;
  Step step;
  step.kind = Step::Kind::kCut;
  sick.steps.push_back(std::move(step));
  return sick;
}

std::string BookmarkAt(const HealthyFrame& healthy, const std::string& rv) {
  return WithRv(healthy.bookmark, healthy.event.rv, rv);
}

SickFrame LowBookmark(const Fault&, const HealthyFrame& healthy) {
  const std::uint64_t rv = healthy.event.rv;
  return Send(healthy.text +
              BookmarkAt(healthy, std::to_string(rv > 10 ? rv - 10 : 1)));
}

SickFrame HighBookmark(const Fault&, const HealthyFrame& healthy) {
  return Send(
      healthy.text +
      BookmarkAt(healthy, std::to_string(kFarAhead + healthy.event.rv)));
}

SickFrame BookmarkNoRv(const Fault&, const HealthyFrame& healthy) {
  return Send(healthy.text + BookmarkAt(healthy, ""));
}

SickFrame ProgressFirst(const Fault&, const HealthyFrame& healthy) {
  return Send(healthy.bookmark + healthy.text);
}

SickFrame ProgressLost(const Fault&, const HealthyFrame& healthy) {
  SickFrame sick = Send(healthy.bookmark);
  sick.hidden = true;
  Step cut;
  cut.kind = Step::Kind::kCut;
  sick.steps.push_back(std::move(cut));
  return sick;
}

using Maker = SickFrame (*)(const Fault&, const HealthyFrame&);

const std::map<std::string, Maker>& Makers() {
  static const std::map<std::string, Maker> makers = {
      {"cut", Cut},
      {"half-open", HalfOpen},
      {"trickle", Trickle},
      {"wrong-chunk", WrongChunk},
      {"chunk-overflow", ChunkOverflow},
      {"no-newline", NoNewline},
      {"object-first", ObjectFirst},
      {"endless-frame", EndlessFrame},
      {"oversize", Oversize},
      {"unparsable", Unparsable},
      {"garbage", Garbage},
      {"nul-bytes", NulBytes},
      {"invalid-utf8", InvalidUtf8},
      {"lone-surrogate", LoneSurrogate},
      {"huge-number", HugeNumber},
      {"duplicate-keys", DuplicateKeys},
      {"deep-nesting", DeepNesting},
      {"many-keys", ManyKeys},
      {"drop", Drop},
      {"duplicate", Duplicate},
      {"other-body", OtherBody},
      {"added-twice", AddedTwice},
      {"reorder", Reorder},
      {"null-deleted", NullDeleted},
      {"old-deleted", OldDeleted},
      {"deleted-unknown", DeletedUnknown},
      {"modified-unknown", ModifiedUnknown},
      {"bad-rv", BadRv},
      {"empty-rv", EmptyRv},
      {"low-rv", LowRv},
      {"huge-rv", HugeRv},
      {"unknown-type", UnknownType},
      {"error-event", ErrorEvent},
      {"error-null", ErrorNull},
      {"store-read-error", StoreReadError},
      {"end", End},
      {"shared-rv-cut", SharedRvCut},
      {"low-bookmark", LowBookmark},
      {"high-bookmark", HighBookmark},
      {"bookmark-no-rv", BookmarkNoRv},
      {"progress-first", ProgressFirst},
      {"progress-lost", ProgressLost},
  };
  return makers;
}

}  // namespace

std::string Frame(const char* type, const std::string& object) {
  return fmt::format(R"({{"type":"{}","object":{}}})"
                     "\n",
                     type, object);
}

std::string WithRv(std::string frame, std::uint64_t rv,
                   const std::string& digits) {
  const std::string field = fmt::format(R"("resourceVersion":"{}")", rv);
  const std::size_t at = frame.find(field);
  if (at == std::string::npos) return frame;
  return frame.replace(at, field.size(),
                       R"("resourceVersion":")" + digits + '"');
}

SickFrame MakeSickFrame(const Fault& fault, const HealthyFrame& healthy) {
  return Makers().at(fault.name)(fault, healthy);
}

}  // namespace kubescribe::fakes
