#include "record/metadata.h"

#include <utility>
#include <vector>

#include "record/json_walk.h"

namespace kubescribe::record {
namespace {

constexpr std::string_view kLastApplied =
    "kubectl.kubernetes.io/last-applied-configuration";

class Strip final : public JsonVisitor {
 public:
  explicit Strip(std::string_view object) : object_(object) {}

  Go OnValue(const JsonPath& path, char first) override {
    if (path.empty()) {
      is_object_ = first == '{';
      return is_object_ ? Go::kDescend : Go::kSkip;
    }
    if (path.size() > 1 || (path[0] != "apiVersion" && path[0] != "kind" &&
                            path[0] != "metadata")) {
      return Go::kSkip;
    }
    return Go::kTake;
  }

  void OnTaken(const JsonPath& path, std::size_t begin,
               std::size_t end) override {
    out_.append(out_.empty() ? "{\"" : ",\"");
    out_.append(path[0]);
    out_.append("\":");
    out_.append(object_.substr(begin, end - begin));
  }

  bool is_object() const { return is_object_; }
  std::string Finish() { return out_.empty() ? "{}" : out_ + "}"; }

 private:
  const std::string_view object_;
  std::string out_;
  bool is_object_ = false;
};

// Finds the annotation's value; its member is cut out afterwards.
class FindLastApplied final : public JsonVisitor {
 public:
  Go OnValue(const JsonPath& path, char first) override {
    switch (path.size()) {
      case 0:
        return Go::kDescend;
      case 1:
        return path[0] == "metadata" && first == '{' ? Go::kDescend : Go::kSkip;
      case 2:
        return path[1] == "annotations" && first == '{' ? Go::kDescend
                                                        : Go::kSkip;
      default:
        return path[2] == kLastApplied ? Go::kTake : Go::kSkip;
    }
  }
  void OnTaken(const JsonPath& /*path*/, std::size_t begin,
               std::size_t end) override {
    found.emplace_back(begin, end);
  }
  std::vector<std::pair<std::size_t, std::size_t>> found;
};

// Cuts out the member whose value is at [begin, end): its key, and the comma
// that would be left over.
void CutMember(std::size_t begin, std::size_t end, std::string& json) {
  std::size_t key = json.rfind('"', begin - 1);   // the key's closing quote
  key = key == 0 ? 0 : json.rfind('"', key - 1);  // and its opening one
  const auto space = [&json](std::size_t at) {
    return json[at] == ' ' || json[at] == '\n' || json[at] == '\t' ||
           json[at] == '\r';
  };
  std::size_t after = end;
  while (after < json.size() && space(after)) ++after;
  if (json[after] == ',') {
    end = after + 1;
  } else {
    std::size_t before = key;
    while (before > 0 && space(before - 1)) --before;
    if (json[before - 1] == ',') key = before - 1;
  }
  json.erase(key, end - key);
}

}  // namespace

Result<std::string> StripToMetadata(std::string_view object) {
  Strip strip(object);
  const Status walked = WalkJson(object, strip);
  if (!walked.ok()) return walked.error();
  if (!strip.is_object()) return Error(Code::kInvalid, "not a JSON object");
  std::string out = strip.Finish();
  FindLastApplied find;
  const Status again = WalkJson(out, find);
  if (!again.ok()) return again.error();
  for (auto cut = find.found.rbegin(); cut != find.found.rend(); ++cut) {
    CutMember(cut->first, cut->second, out);
  }
  return out;
}

}  // namespace kubescribe::record
