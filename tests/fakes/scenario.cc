#include "fakes/scenario.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <fstream>
#include <sstream>

#include "fakes/faults.h"

namespace kubescribe::fakes {
namespace {

Micros Seconds(const YAML::Node& value) {
  return static_cast<Micros>(value.as<double>() * kSecond);
}

// False for a key that no fault has. Throws what yaml-cpp throws on a wrong
// type.
bool SetField(Fault& fault, const std::string& key, const YAML::Node& value) {
  if (key == "fault" || key == "name") {
    fault.name = value.as<std::string>();
  } else if (key == "resource") {
    fault.resource = value.as<std::string>();
  } else if (key == "namespace") {
    fault.ns = value.as<std::string>();
  } else if (key == "verb") {
    fault.verb = value.as<std::string>();
  } else if (key == "skip") {
    fault.skip = value.as<std::uint64_t>();
  } else if (key == "count") {
    fault.count = value.as<std::uint64_t>();
  } else if (key == "probability") {
    fault.probability = value.as<double>();
  } else if (key == "after") {
    fault.after = Seconds(value);
  } else if (key == "delay") {
    fault.delay = Seconds(value);
  } else if (key == "bytes") {
    fault.bytes = value.as<std::size_t>();
  } else if (key == "retry_after") {
    fault.retry_after = value.as<std::string>();
  } else if (key == "code") {
    fault.code = value.as<int>();
  } else if (key == "revisions") {
    fault.revisions = value.as<std::uint64_t>();
  } else if (key == "group") {
    fault.group = value.as<std::string>();
  } else if (key == "reset") {
    fault.reset = value.as<bool>();
  } else {
    return false;
  }
  return true;
}

Result<Fault> ReadFault(const YAML::Node& node, const std::string& where) {
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
    } catch (const YAML::Exception&) {
      return Error(Code::kInvalid, where + ": wrong type of '" + key + "'");
    }
  }
  if (FindFaultKind(fault.name) == nullptr) {
    return Error(Code::kInvalid, where + ": no fault is called '" + fault.name +
                                     "'; see kubescribe-sim --list-faults");
  }
  return fault;
}

}  // namespace

Result<std::vector<Fault>> ReadScenario(const std::string& path) {
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
        ReadFault(nodes[i], fmt::format("{}: fault {}", path, i + 1));
    if (!fault.ok()) return fault.error();
    faults.push_back(*std::move(fault));
  }
  return faults;
}

}  // namespace kubescribe::fakes
