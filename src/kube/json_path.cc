#include "kube/json_path.h"

#include <array>

#include "kube/go_text.h"
#include "kube/json_path_node.h"

namespace kubescribe::kube {
namespace {

using Node = JsonPathNode;
using Found = JsonPath::Found;

// Go sees the bytes of a string where one is walked into.
const Value* ByteValue(char c) {
  static const std::vector<Value> all = [] {
    std::vector<Value> values;
    values.reserve(256);
    for (int i = 0; i < 256; ++i) {
      values.push_back(Value::Number(std::to_string(i)));
    }
    return values;
  }();
  return &all[static_cast<unsigned char>(c)];
}

bool IsNil(const Value* value) {
  return value != nullptr && value->kind == Value::Kind::kNull;
}

std::string Show(const Value* value) {
  return value == nullptr ? "<invalid reflect.Value>" : GoPrint(*value);
}

Found Children(const Value& value) {
  Found children;
  for (const Value& item : value.items) children.push_back(&item);
  for (const auto& member : value.members) children.push_back(&member.second);
  if (value.is_string()) {
    for (const char c : value.text) children.push_back(ByteValue(c));
  }
  return children;
}

enum class Order { kLess, kEqual, kGreater, kNone };

// Fills a template in. As in Go, a failed step still has a result: a filter
// that only asks for existence looks at that.
class Walker {
 public:
  const std::string& error() const { return error_; }

  // All pieces of a template from the `begin`th on. False: error().
  bool Run(const Node& root, std::size_t begin, const Value* document,
           std::vector<Found>* all) {
    const Found current{document};
    for (std::size_t i = begin; i < root.nodes.size(); ++i) {
      Found found;
      if (!Walk(current, root.nodes[i], found)) return false;
      if (ends_ > 0 && ends_ <= depth_) {
        --ends_;
        last_end_ = i;
        return true;
      }
      if (begins_ == 0) {
        if (all != nullptr) all->push_back(std::move(found));
        continue;
      }
      --begins_;
      ++depth_;
      for (const Value* item : found) {
        if (!Run(root, i + 1, IsNil(item) ? nullptr : item, all)) return false;
      }
      // To find where the range ends, even if it is empty.
      if (found.empty() && !Run(root, i + 1, nullptr, nullptr)) return false;
      --depth_;
      if (last_end_ > i) i = last_end_;
    }
    return true;
  }

 private:
  bool Fail(std::string error) {
    error_ = std::move(error);
    return false;
  }

  bool Walk(const Found& in, const Node& node, Found& out) {
    switch (node.kind) {
      case Node::Kind::kList: {
        out = in;
        for (const Node& step : node.nodes) {
          Found next;
          const bool ok = Walk(out, step, next);
          out = std::move(next);
          if (!ok) return false;
        }
        return true;
      }
      case Node::Kind::kLiteral:
        out.push_back(&node.value);
        return true;
      case Node::Kind::kConstant:
        out.assign(in.size(), &node.value);
        return true;
      case Node::Kind::kField:
        for (const Value* value : in) {
          const Value* member =
              value == nullptr ? nullptr : value->Find(node.text);
          if (member != nullptr) out.push_back(member);
        }
        return true;
      case Node::Kind::kIdentifier:
        return Identifier(in, node, out);
      case Node::Kind::kSlice:
        return Slice(in, node, out);
      case Node::Kind::kWildcard:
        for (const Value* value : in) {
          if (value == nullptr) continue;
          const Found children = Children(*value);
          out.insert(out.end(), children.begin(), children.end());
        }
        return true;
      case Node::Kind::kRecursive:
        for (const Value* value : in) {
          if (value != nullptr) Descend(*value, out);
        }
        return true;
      case Node::Kind::kUnion:
        for (const Node& part : node.nodes) {
          Found found;
          if (!Walk(in, part, found)) {
            out = in;
            return false;
          }
          out.insert(out.end(), found.begin(), found.end());
        }
        return true;
      case Node::Kind::kFilter:
        return Filter(in, node, out);
    }
    return true;
  }

  bool Identifier(const Found& in, const Node& node, Found& out) {
    if (node.text == "range") {
      ++begins_;
      out = in;
      return true;
    }
    if (node.text == "end") {
      if (depth_ == 0) return Fail("not in range, nothing to end");
      ++ends_;
      return true;
    }
    out = in;
    return Fail("unrecognized identifier " + node.text);
  }

  bool Slice(const Found& in, const Node& node, Found& out) {
    Found result;
    const auto fail = [&](std::string error) {
      out = in;
      return Fail(std::move(error));
    };
    for (const Value* value : in) {
      if (IsNil(value)) continue;
      if (value == nullptr) return fail("no value is not array or slice");
      if (!value->is_array()) {
        return fail(std::string(GoTypeName(*value)) + " is not array or slice");
      }
      const auto size = static_cast<std::int64_t>(value->items.size());
      std::int64_t begin = node.begin.known ? node.begin.value : 0;
      if (begin < 0) begin += size;
      std::int64_t end = node.end.known ? node.end.value : size;
      if (end < 0 || (end == 0 && node.end.derived)) end += size;
      if (begin == end) {
        // Whatever the values before gave is all there is.
        out = std::move(result);
        return true;
      }
      const auto outside = [&](std::int64_t index) {
        return fail("array index out of bounds: index " +
                    std::to_string(index) + ", length " + std::to_string(size));
      };
      if (begin < 0 || begin >= size) return outside(begin);
      if (end < 0 || end > size) return outside(end - 1);
      if (begin > end) {
        return fail("starting index " + std::to_string(begin) +
                    " is greater than ending index " + std::to_string(end));
      }
      const std::int64_t step = node.step.known ? node.step.value : 1;
      if (step <= 0) return fail("step must be > 0");
      for (std::int64_t i = begin; i < end;) {
        result.push_back(&value->items[static_cast<std::size_t>(i)]);
        if (step >= end - i) break;
        i += step;
      }
    }
    out = std::move(result);
    return true;
  }

  void Descend(const Value& value, Found& out) {
    const Found children = Children(value);
    if (children.empty()) return;
    out.push_back(&value);
    for (const Value* child : children) Descend(*child, out);
  }

  bool Filter(const Found& in, const Node& node, Found& out) {
    Found result;
    for (const Value* value : in) {
      if (value == nullptr || !value->is_array()) {
        out = in;
        return Fail(Show(value) + " is not array or slice and cannot be " +
                    "filtered");
      }
      for (const Value& item : value->items) {
        bool passes = false;
        switch (Passes(item, node, passes)) {
          case Outcome::kInputFailed:
            out = in;
            return false;
          case Outcome::kComparisonFailed:
            out = std::move(result);
            return false;
          case Outcome::kDecided:
            break;
        }
        if (passes) result.push_back(&item);
      }
    }
    out = std::move(result);
    return true;
  }

  enum class Outcome { kDecided, kInputFailed, kComparisonFailed };

  Outcome Passes(const Value& item, const Node& node, bool& passes) {
    const Found self{&item};
    Found left;
    const bool ok = Walk(self, node.nodes[0], left);
    if (node.nodes.size() == 1) {
      passes = !left.empty();
      return Outcome::kDecided;
    }
    if (!ok) return Outcome::kInputFailed;
    const auto several = [&] {
      Fail("can only compare one element at a time");
      return Outcome::kInputFailed;
    };
    if (left.empty()) return Outcome::kDecided;
    if (left.size() > 1) return several();
    Found right;
    if (!Walk(self, node.nodes[1], right)) return Outcome::kInputFailed;
    if (right.empty()) return Outcome::kDecided;
    if (right.size() > 1) return several();
    return Compare(*left[0], node.text, *right[0], passes)
               ? Outcome::kDecided
               : Outcome::kComparisonFailed;
  }

  bool Compare(const Value& left, std::string_view op, const Value& right,
               bool& passes) {
    const bool equality = op == "==" || op == "!=";
    if (!equality && op != "<" && op != "<=" && op != ">" && op != ">=") {
      return Fail("unrecognized filter operator " + std::string(op));
    }
    static constexpr char kBadType[] = "invalid type for comparison";
    for (const Value* side : {&left, &right}) {
      switch (side->kind) {
        case Value::Kind::kNull:
        case Value::Kind::kArray:
        case Value::Kind::kObject:
          return Fail(kBadType);
        default:
          break;
      }
    }
    Order order = Order::kNone;
    const auto compare = [&order](const auto& a, const auto& b) {
      if (a == b) order = Order::kEqual;
      if (a < b) order = Order::kLess;
      if (a > b) order = Order::kGreater;
    };
    const auto left_integer = Integer(left);
    const auto right_integer = Integer(right);
    if (left.kind != right.kind ||
        left_integer.has_value() != right_integer.has_value()) {
      return Fail("incompatible types for comparison");
    }
    if (left.kind == Value::Kind::kBool) {
      if (!equality) return Fail(kBadType);
      compare(left.text, right.text);
    } else if (left.kind == Value::Kind::kString) {
      compare(left.text, right.text);
    } else if (left_integer) {
      compare(*left_integer, *right_integer);
    } else {
      compare(GoFloat(left.text), GoFloat(right.text));
    }
    passes = (op == "==" && order == Order::kEqual) ||
             (op == "!=" && order != Order::kEqual) ||
             (op == "<" && order == Order::kLess) ||
             (op == ">" && order == Order::kGreater) ||
             (op == "<=" && order != Order::kGreater) ||
             (op == ">=" && order != Order::kLess);
    return true;
  }

  static std::optional<std::int64_t> Integer(const Value& value) {
    if (value.kind != Value::Kind::kNumber) return std::nullopt;
    return GoInteger(value.text);
  }

  std::string error_;
  int begins_ = 0;
  int depth_ = 0;
  int ends_ = 0;
  std::size_t last_end_ = 0;
};

// A relaxed path without its braces and its first dot.
std::string_view Bare(std::string_view text) {
  if (text.size() >= 2 && text.front() == '{' && text.back() == '}') {
    text = text.substr(1, text.size() - 2);
  }
  // A single dot is its own field name.
  if (text.size() > 1 && text.front() == '.') text.remove_prefix(1);
  return text;
}

// A copy with numbers as JSON from Go has them.
Value JsonForm(const Value& value) {
  Value copy = value;
  RewriteNumbers(copy, NumberForm::kJson);
  return copy;
}

}  // namespace

Result<JsonPath> JsonPath::Parse(std::string_view text) {
  Result<JsonPathNode> root = ParseJsonPathTemplate(text);
  if (!root.ok()) return root.error();
  JsonPath path;
  path.text_ = text;
  path.root_ = std::make_shared<const JsonPathNode>(*std::move(root));
  return path;
}

Status JsonPath::CheckRelaxed(std::string_view text) {
  const std::string_view inner = Bare(text);
  if (text.empty() ||
      (!inner.empty() && inner.find_first_of("{}") == std::string_view::npos)) {
    return {};
  }
  return Error(Code::kInvalid,
               "unexpected path string, expected a 'name1.name2' or "
               "'.name1.name2' or '{name1.name2}' or '{.name1.name2}'");
}

Result<JsonPath> JsonPath::ParseRelaxed(std::string_view text) {
  const Status form = CheckRelaxed(text);
  if (!form.ok()) return form.error();
  if (text.empty()) return Parse(text);
  return Parse("{." + std::string(Bare(text)) + "}");
}

Result<std::vector<JsonPath::Found>> JsonPath::Find(
    const Value& document) const {
  Walker walker;
  std::vector<Found> all;
  if (!walker.Run(*root_, 0, &document, &all)) {
    return Error(Code::kInvalid, walker.error());
  }
  return all;
}

const Value* JsonPath::First(const Value& document) const {
  const Result<std::vector<Found>> found = Find(document);
  if (!found.ok() || found->empty() || found->front().empty()) return nullptr;
  return found->front().front();
}

std::string PrintPathValue(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kNull:
      return "null";
    case Value::Kind::kArray:
    case Value::Kind::kObject:
      return ToJsonLine(JsonForm(value));
    default:
      return GoPrint(value);
  }
}

Result<std::string> JsonPath::Print(const Value& document) const {
  const Result<std::vector<Found>> all = Find(document);
  if (!all.ok()) return all.error();
  std::string out;
  for (const Found& found : *all) {
    const char* separator = "";
    for (const Value* value : found) {
      out += separator;
      out += value == nullptr ? "<no value>" : PrintPathValue(*value);
      separator = " ";
    }
  }
  return out;
}

Result<std::string> JsonPath::PrintAsJson(const Value& document) const {
  const Result<std::vector<Found>> all = Find(document);
  if (!all.ok()) return all.error();
  std::string out;
  for (const Found& found : *all) {
    Value array = Value::Array();
    for (const Value* value : found) {
      array.items.push_back(value == nullptr ? Value::Null()
                                             : JsonForm(*value));
    }
    out += ToJson(array) + "\n";
  }
  return out;
}

}  // namespace kubescribe::kube
