#include "fakes/scenario.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <fstream>
#include <sstream>

#include "fakes/faults.h"

namespace kubescribe::fakes {
namespace {

constexpr double kLongest = 1e9;  // seconds

// A value that is of the right type and yet none that the key may have.
struct BadValue {
  std::string why;
};

double Number(const YAML::Node& value, double most) {
  const auto number = value.as<double>();
  // Not a number is in no range.
  if (!(number >= 0 && number <= most)) {
    throw BadValue{fmt::format("expected 0 to {}", most)};
  }
  return number;
}

Micros Seconds(const YAML::Node& value) {
  return static_cast<Micros>(Number(value, kLongest) * kSecond);
}

template <typename Integer>
Integer Count(const YAML::Node& value) {
  if (value.Scalar().starts_with('-')) throw BadValue{"expected 0 or more"};
  return value.as<Integer>();
}

std::string Verb(const YAML::Node& value) {
  auto verb = value.as<std::string>();
  for (const char* known : {"*", "list", "watch", "get", "discovery"}) {
    if (verb == known) return verb;
  }
  throw BadValue{"expected list, watch, get, discovery or *"};
}

// False for a key that no fault has. Throws what yaml-cpp throws on a wrong
// type, BadValue on a wrong value.
bool SetField(Fault& fault, const std::string& key, const YAML::Node& value) {
  if (key == "fault" || key == "name") {
    fault.name = value.as<std::string>();
  } else if (key == "resource") {
    fault.resource = value.as<std::string>();
  } else if (key == "namespace") {
    fault.ns = value.as<std::string>();
  } else if (key == "verb") {
    fault.verb = Verb(value);
  } else if (key == "skip") {
    fault.skip = Count<std::uint64_t>(value);
  } else if (key == "count") {
    fault.count = Count<std::uint64_t>(value);
  } else if (key == "probability") {
    fault.probability = Number(value, 1);
  } else if (key == "after") {
    fault.after = Seconds(value);
  } else if (key == "delay") {
    fault.delay = Seconds(value);
  } else if (key == "bytes") {
    fault.bytes = Count<std::size_t>(value);
  } else if (key == "retry_after") {
    fault.retry_after = value.as<std::string>();
  } else if (key == "code") {
    fault.code = value.as<int>();
  } else if (key == "location") {
    fault.location = value.as<std::string>();
  } else if (key == "revisions") {
    fault.revisions = Count<std::uint64_t>(value);
  } else if (key == "group") {
    fault.group = value.as<std::string>();
  } else if (key == "reset") {
    fault.reset = value.as<bool>();
  } else {
    return false;
  }
  return true;
}

Result<Fault> ReadFault(const YAML::Node& node, const std::string& where,
                        bool tls) {
  if (!node.IsMap()) {
    return Error(Code::kInvalid, where + ": a fault is a map of its fields");
  }
  Fault fault;
  for (const auto& field : node) {
    const auto key = field.first.as<std::string>();
    try {
      if (!SetField(fault, key, field.second)) {
        return Error(Code::kInvalid, where + ": unknown key '" + key + "'");
      }
    } catch (const BadValue& bad) {
      return Error(Code::kInvalid,
                   where + ": wrong value of '" + key + "': " + bad.why);
    } catch (const YAML::Exception&) {
      return Error(Code::kInvalid, where + ": wrong type of '" + key + "'");
    }
  }
  const FaultKind* const kind = FindFaultKind(fault.name);
  if (kind == nullptr) {
    return Error(Code::kInvalid, where + ": no fault is called '" + fault.name +
                                     "'; see kubescribe-sim --list-faults");
  }
  if (kind->limit == FaultLimit::kTls && !tls) {
    return Error(Code::kInvalid, where + ": wrong value of 'fault': '" +
                                     fault.name +
                                     "' needs a cluster with TLS (--tls)");
  }
  if (fault.name == "fail-group" && fault.group.empty()) {
    return Error(Code::kInvalid, where + ": 'fail-group' needs a 'group'");
  }
  return fault;
}

}  // namespace

Result<std::vector<Fault>> ReadScenario(const std::string& path, bool tls) {
  std::ifstream file(path);
  if (!file) return Error(Code::kIo, path + ": cannot be read");
  std::stringstream text;
  text << file.rdbuf();
  std::vector<Fault> faults;
  std::vector<YAML::Node> nodes;
  try {
    if (text.str().starts_with('{')) {
      std::string line;
      while (std::getline(text, line)) {
        if (!line.empty()) nodes.push_back(YAML::Load(line));
      }
    } else {
      YAML::Node root = YAML::Load(text.str());
      if (root.IsMap()) root = YAML::Node(root["faults"]);
      if (!root.IsSequence()) {
        return Error(Code::kInvalid, path + ": expected a list of faults");
      }
      for (const YAML::Node& node : root) nodes.push_back(node);
    }
  } catch (const YAML::Exception& error) {
    return Error(Code::kInvalid, path + ": " + error.what());
  }
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    Result<Fault> fault =
        ReadFault(nodes[i], fmt::format("{}: fault {}", path, i + 1), tls);
    if (!fault.ok()) return fault.error();
    faults.push_back(*std::move(fault));
  }
  return faults;
}

}  // namespace kubescribe::fakes
