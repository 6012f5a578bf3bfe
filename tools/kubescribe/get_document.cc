#include "kubescribe/get_document.h"

#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "kube/go_text.h"
#include "kube/user_time.h"
#include "output/json_printer.h"
#include "output/sort_by.h"
#include "output/terminal.h"
#include "output/yaml.h"

namespace kubescribe::tool {
namespace {

using output::Value;

void Annotate(Value& object, const std::string& key, std::string text) {
  Value& metadata = object["metadata"];
  if (!metadata.is_object()) metadata = Value::Object();
  Value& annotations = metadata["annotations"];
  if (!annotations.is_object()) annotations = Value::Object();
  annotations["kubescribe.dev/" + key] = Value::String(std::move(text));
}

void AnnotateEnd(Value& object, const query::End& end) {
  Annotate(object, "deleted", kube::FormatRfc3339(end.at));
  Annotate(object, "deleted-how", std::string(store::EventName(end.event)));
  if (end.not_before != end.recorded_at) {
    Annotate(object, "deleted-not-before",
             end.not_before ? kube::FormatRfc3339(*end.not_before) : "");
  }
}

// Every object that is asked for goes through here, in its order.
class Printer {
 public:
  virtual ~Printer() = default;
  virtual Status Add(const query::Object& object, const query::TypeState& type,
                     const std::string& cluster) = 0;
  virtual Status End(Value metadata) = 0;
};

class NamePrinter final : public Printer {
 public:
  explicit NamePrinter(Out& out) : out_(out) {}
  Status Add(const query::Object& object, const query::TypeState& type,
             const std::string&) override {
    out_.Write(Shown(
        KindPrefix(type.target) + "/" + object.revision.name + "\n", out_));
    return {};
  }
  Status End(Value) override { return {}; }

 private:
  Out& out_;
};

class TemplatePrinter final : public Printer {
 public:
  TemplatePrinter(const GetOptions& options, bool one, Out& out)
      : options_(options), out_(out), writer_(options.format, one) {}
  Status Add(const query::Object& object, const query::TypeState&,
             const std::string& cluster) override {
    Result<Value> value = DocumentOf(options_, object, cluster);
    if (!value.ok()) return value.error();
    any_ = true;
    return writer_.Add(std::move(*value), NothingOf(object));
  }
  Status End(Value metadata) override {
    // One object that is not there is said elsewhere.
    if (metadata.members.empty() && !any_) return {};
    const Result<std::string> text = writer_.End();
    if (!text.ok()) return text.error();
    SayRedacted(*text);
    out_.Write(Shown(*text, out_));
    return {};
  }

 private:
  const GetOptions& options_;
  Out& out_;
  output::TemplateWriter writer_;
  bool any_ = false;
};

// json and yaml: one object as it is, or a list of kind List, item by item.
class DocumentPrinter final : public Printer {
 public:
  DocumentPrinter(const GetOptions& options, bool one, Out& out)
      : options_(options),
        one_(one),
        yaml_(options.yaml()),
        out_(out),
        json_(options.managed_fields) {}

  Status Add(const query::Object& object, const query::TypeState&,
             const std::string& cluster) override {
    if (yaml_ || object.end || options_.with_cluster) {
      Result<Value> value = DocumentOf(options_, object, cluster);
      if (!value.ok()) return value.error();
      AddValue(std::move(*value));
      return {};
    }
    text_.clear();
    const Status printed = json_.Append(object.json, one_ ? 0 : kItem, text_);
    if (!printed.ok()) {
      return printed.error().Wrap("seq " + std::to_string(object.revision.seq));
    }
    SayRedacted(text_);
    if (one_) {
      Write(text_);
      Write("\n");
    } else {
      Begin();
      Write("        ");
      Write(text_);
    }
    return {};
  }

  Status End(Value metadata) override {
    if (one_) return {};
    Value rest = Value::Object();
    rest["kind"] = Value::String("List");
    rest["metadata"] = std::move(metadata);
    if (yaml_) {
      if (!begun_) Write("apiVersion: v1\nitems: []\n");
      Write(output::ToYaml(rest));
      return {};
    }
    Write(begun_ ? "\n    ],\n"
                 : "{\n    \"apiVersion\": \"v1\",\n    \"items\": [],\n");
    const std::string text = output::ToJson(rest);
    Write(std::string_view(text).substr(2));  // its "{\n" stands above
    Write("\n");
    return {};
  }

 private:
  static constexpr std::size_t kItem = 8;  // spaces before an item

  // What stands before an item.
  void Begin() {
    if (!begun_) {
      Write(yaml_ ? "apiVersion: v1\nitems:\n"
                  : "{\n    \"apiVersion\": \"v1\",\n    \"items\": [\n");
    } else if (!yaml_) {
      Write(",\n");
    }
    begun_ = true;
  }

  void AddValue(Value value) {
    // An item of a list is one that was written as JSON and read again.
    if (!one_ || !yaml_) kube::RewriteNumbers(value, kube::NumberForm::kJson);
    if (yaml_) kube::RewriteNumbers(value, kube::NumberForm::kYaml);
    if (one_) {
      const std::string text =
          yaml_ ? output::ToYaml(value) : output::ToJson(value) + "\n";
      SayRedacted(text);
      Write(text);
      return;
    }
    // An item is printed as the only one of a list, of which the lines around
    // it are left out.
    Value list = Value::Object();
    list["items"] = Value::Array();
    list["items"].items.push_back(std::move(value));
    const std::string text =
        yaml_ ? output::ToYaml(list) : output::ToJson(list);
    SayRedacted(text);
    const std::string_view before =
        yaml_ ? "items:\n" : "{\n    \"items\": [\n";
    const std::string_view after = yaml_ ? "" : "\n    ]\n}";
    std::string_view lines = text;
    lines.remove_prefix(before.size());
    lines.remove_suffix(after.size());
    Begin();
    Write(lines);
  }

  void Write(std::string_view text) {
    if (out_.look().terminal) {
      out_.Write(output::EscapeControls(text));
    } else {
      out_.Write(text);
    }
  }

  const GetOptions& options_;
  const bool one_;
  const bool yaml_;
  Out& out_;
  output::JsonPrinter json_;
  std::string text_;
  bool begun_ = false;
};

std::unique_ptr<Printer> MakePrinter(const GetOptions& options, bool one,
                                     Out& out) {
  if (options.name()) return std::make_unique<NamePrinter>(out);
  if (options.format.by_template()) {
    return std::make_unique<TemplatePrinter>(options, one, out);
  }
  return std::make_unique<DocumentPrinter>(options, one, out);
}

Value ListMetadata(const std::vector<std::string>& warnings) {
  Value metadata = Value::Object();
  metadata["resourceVersion"] = Value::String("");
  if (warnings.empty()) return metadata;
  std::string reasons;
  for (const std::string& warning : warnings) {
    reasons += (reasons.empty() ? "" : "; ") + warning;
  }
  metadata["annotations"] = Value::Object();
  metadata["annotations"]["kubescribe.dev/uncertain"] =
      Value::String(std::move(reasons));
  return metadata;
}

// Calls `take` with every object, its type and its answer.
template <typename Take>
void EachOf(std::vector<ClusterAnswer>& answers, Take take) {
  for (ClusterAnswer& answer : answers) {
    for (query::TypeState& type : answer.state.types) {
      if (answer.error) break;
      std::optional<Error> failed;
      const Status read = query::EachObject(
          answer.file.path, answer.request, type, [&](query::Object&& object) {
            query::ShowAsAsked(type, object);
            const Status taken = take(std::move(object), type, answer);
            if (!taken.ok()) failed = taken.error();
            return taken.ok();
          });
      if (!read.ok()) failed = read.error();
      if (failed) answer.error = failed;
    }
  }
}

}  // namespace

Result<Value> DocumentOf(const GetOptions& options, const query::Object& object,
                         const std::string& cluster) {
  Result<Value> value = output::ParseJson(object.json);
  if (!value.ok()) {
    return value.error().Wrap("seq " + std::to_string(object.revision.seq));
  }
  // kubectl hides them in json and yaml only.
  if (!options.managed_fields && !options.format.by_template()) {
    HideManagedFields(*value);
  }
  if (!value->is_object()) return value;
  if (options.with_cluster) Annotate(*value, "cluster", cluster);
  if (object.end) AnnotateEnd(*value, *object.end);
  return value;
}

std::string NothingOf(const query::Object& object) {
  const std::string lost = LostCell(object);
  return lost.empty() ? std::string(output::CustomColumns::kNothing) : lost;
}

Result<bool> PrintDocument(const GetOptions& options, bool one,
                           const std::vector<std::string>& warnings,
                           std::vector<ClusterAnswer>& answers, Out& out) {
  const std::unique_ptr<Printer> printer = MakePrinter(options, one, out);
  bool any = false;
  // Where they are sorted, all of them.
  struct Kept {
    query::Object object;
    const query::TypeState* type;
    const std::string* cluster;
  };
  std::vector<Kept> kept;
  std::optional<output::SortBy> sort;
  if (!options.sort_by.empty() && !one) {
    Result<output::SortBy> parsed =
        output::SortBy::Parse(options.sort_by, output::SortBy::Of::kItems);
    if (!parsed.ok()) return parsed.error();
    sort = std::move(*parsed);
  }
  std::optional<Error> unfit;
  EachOf(answers,
         [&](query::Object&& object, const query::TypeState& type,
             const ClusterAnswer& answer) -> Status {
           any = true;
           Status added;
           if (sort) {
             const Result<Value> value = output::ParseJson(object.json);
             if (!value.ok()) return value.error();
             added = sort->Add(*value);
             kept.push_back({std::move(object), &type, &answer.file.cluster});
           } else {
             added = printer->Add(object, type, answer.file.cluster);
           }
           if (!added.ok()) unfit = added.error();
           return added;
         });
  if (unfit && unfit->code() == Code::kInvalid) return *unfit;
  if (sort && any) {
    const Result<std::vector<std::size_t>> order = sort->Order();
    if (!order.ok()) return order.error();
    for (const std::size_t i : *order) {
      const Status added =
          printer->Add(kept[i].object, *kept[i].type, *kept[i].cluster);
      if (!added.ok()) return added.error();
    }
  }
  const Status ended =
      printer->End(one ? Value::Object() : ListMetadata(warnings));
  if (!ended.ok()) return ended.error();
  return any;
}

}  // namespace kubescribe::tool
