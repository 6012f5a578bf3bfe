#include "query/arguments.h"

#include <algorithm>
#include <utility>

namespace kubescribe::query {
namespace {

std::vector<std::string> SplitCommas(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t comma = std::min(text.find(',', begin), text.size());
    parts.push_back(text.substr(begin, comma - begin));
    begin = comma + 1;
  }
  return parts;
}

bool HasSlash(const std::string& word) {
  return word.find('/') != std::string::npos;
}

// Reads the words of one question.
class ArgumentReader {
 public:
  explicit ArgumentReader(TypeResolver& resolver) : resolver_(resolver) {}

  Result<Arguments> Read(std::vector<std::string> words) {
    const std::vector<std::string> types = SplitCommas(words.front());
    // "pods,services web" is "pods/web services/web".
    if (types.size() > 1 && words.size() > 1) {
      std::vector<std::string> pairs;
      for (const std::string& type : types) {
        for (std::size_t i = 1; i < words.size(); ++i) {
          pairs.push_back(type + "/" + words[i]);
        }
      }
      words = std::move(pairs);
    }
    const auto slashed = std::count_if(words.begin(), words.end(), HasSlash);
    if (slashed == 0 || BeginsWithType(words)) return ReadTypes(words);
    if (static_cast<std::size_t>(slashed) != words.size()) {
      return Error(
          Code::kInvalid,
          "there is no need to specify a resource type as a separate argument "
          "when passing arguments in resource/name form (e.g. 'kubescribe get "
          "resource/<resource_name>' instead of 'kubescribe get resource "
          "resource/<resource_name>'");
    }
    return ReadPairs(words);
  }

 private:
  // Is the first word a type that has a slash in it ("apps/v1/deployments"),
  // and not TYPE/NAME?
  bool BeginsWithType(const std::vector<std::string>& words) {
    const std::vector<std::string> types = SplitCommas(words.front());
    return std::all_of(types.begin(), types.end(), [&](const auto& type) {
      const std::size_t slash = type.rfind('/');
      if (slash == std::string::npos) return types.size() > 1;
      return !IsType(type.substr(0, slash)) && IsType(type);
    });
  }
  bool IsType(const std::string& word) {
    const Result<Target> target = resolver_.Type(word);
    return target.ok() || target.error().code() == Code::kNotFound;
  }

  Result<Arguments> ReadTypes(const std::vector<std::string>& words) {
    Arguments arguments;
    if (words.size() == 1 && words.front() == "*") {
      Result<std::vector<Target>> all = resolver_.AllTypes();
      if (!all.ok()) return all.error();
      arguments.targets = std::move(*all);
      return arguments;
    }
    for (const std::string& type : SplitCommas(words.front())) {
      Result<std::vector<std::string>> members = resolver_.Category(type);
      if (!members.ok()) return members.error();
      if (members->empty()) {
        const Status added = AddType(type, arguments);
        if (!added.ok()) return added.error();
      }
      for (const std::string& member : *members) {
        const Status added = AddType(member, arguments);
        if (added.ok()) continue;
        if (added.error().code() != Code::kNotFound) return added.error();
        arguments.unrecorded.push_back(member);
      }
    }
    if (words.size() > 1) {
      if (arguments.targets.size() != 1) {
        return Error(Code::kInvalid, "you must specify only one resource");
      }
      arguments.targets.front().names.assign(words.begin() + 1, words.end());
      arguments.one_object = words.size() == 2;
    }
    return arguments;
  }

  // A type that is there already is not asked twice.
  Status AddType(const std::string& type, Arguments& arguments) {
    Result<Target> target = resolver_.Type(type);
    if (!target.ok()) return target.error();
    for (const Target& known : arguments.targets) {
      if (known.row.id == target->row.id) return {};
    }
    arguments.targets.push_back(std::move(*target));
    return {};
  }

  Result<Arguments> ReadPairs(const std::vector<std::string>& words) {
    Arguments arguments;
    for (const std::string& word : words) {
      const std::size_t slash = word.rfind('/');
      if (slash == 0 || slash + 1 == word.size() ||
          word.find(',') != std::string::npos) {
        return Error(Code::kInvalid,
                     "arguments in resource/name form must have a single "
                     "resource and name");
      }
      Result<Target> target = resolver_.Type(word.substr(0, slash));
      if (!target.ok()) return target.error();
      if (arguments.targets.empty() ||
          arguments.targets.back().row.id != target->row.id) {
        arguments.targets.push_back(std::move(*target));
      }
      arguments.targets.back().names.push_back(word.substr(slash + 1));
    }
    arguments.one_object = words.size() == 1;
    return arguments;
  }

  TypeResolver& resolver_;
};

}  // namespace

Result<Arguments> ParseArguments(store::Reader& reader,
                                 const store::AsOf& as_of,
                                 const std::vector<std::string>& words) {
  if (words.empty()) {
    return Error(Code::kInvalid,
                 "You must specify the type of resource to get: pods, "
                 "deploy/web, v1/pods, …");
  }
  Result<TypeResolver> resolver = TypeResolver::Make(reader, as_of);
  if (!resolver.ok()) return resolver.error();
  return ArgumentReader(*resolver).Read(words);
}

Result<std::vector<Target>> ResolveArguments(
    store::Reader& reader, const store::AsOf& as_of,
    const std::vector<std::string>& words) {
  Result<Arguments> arguments = ParseArguments(reader, as_of, words);
  if (!arguments.ok()) return arguments.error();
  std::vector<Target> targets;
  for (Target& target : arguments->targets) {
    const auto same = std::find_if(
        targets.begin(), targets.end(),
        [&](const Target& known) { return known.row.id == target.row.id; });
    if (same == targets.end()) {
      targets.push_back(std::move(target));
    } else {
      same->names.insert(same->names.end(), target.names.begin(),
                         target.names.end());
    }
  }
  return targets;
}

}  // namespace kubescribe::query
