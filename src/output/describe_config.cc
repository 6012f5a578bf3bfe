// Configuration and accounts: ConfigMap, Secret, ServiceAccount, PriorityClass.
#include "kube/certificate_request.h"
#include "output/describe_fields.h"
#include "output/describe_kinds.h"

namespace kubescribe::output {
namespace {

// The fingerprint that the recorder keeps of a value instead of the value
// begins so (record/redact.h).
constexpr std::string_view kFingerprint = "kfr1:";

// "12 bytes" of what a base64 text stands for.
std::string SizeText(View base64) {
  const auto bytes = kube::DecodeBase64(base64.Text());
  return std::to_string(bytes ? bytes->size() : 0) + " bytes";
}

}  // namespace

void DescribeConfigMap(const Subject& subject, Sheet& sheet) {
  HeadLines(subject, sheet);
  sheet.Put(0, "\nData\n====\n");
  for (const auto& [key, value] : subject["data"].Members()) {
    sheet.Put(0, key + ":\n----\n");
    sheet.Put(0, View(value).Text() + "\n");
    sheet.Put(0, "\n");
  }
  sheet.Put(0, "\nBinaryData\n====\n");
  for (const auto& [key, value] : subject["binaryData"].Members()) {
    sheet.Write(0, "{}: {}\n", key, SizeText(value));
  }
  sheet.Put(0, "\n");
  TellEvents(subject, sheet);
}

// How long a value was is not recorded with its fingerprint.
void DescribeSecret(const Subject& subject, Sheet& sheet) {
  HeadLines(subject, sheet);
  const std::string& type = subject["type"].Text();
  sheet.Write(0, "\nType:\t{}\n", type);
  sheet.Put(0, "\nData\n====\n");
  for (const auto& [key, value] : subject["data"].Members()) {
    const std::string bytes =
        kube::DecodeBase64(View(value).Text()).value_or("");
    std::string shown = SizeText(value);
    if (bytes.starts_with(kFingerprint)) {
      shown = "<redacted>";
    } else if (key == "token" &&
               type == "kubernetes.io/service-account-token") {
      shown = bytes;
    }
    FieldLine(sheet, key, shown);
  }
}

void DescribeServiceAccount(const Subject& subject, Sheet& sheet) {
  HeadLines(subject, sheet);
  std::string title = "Image pull secrets:";
  const std::vector<View> secrets = subject["imagePullSecrets"].Items();
  if (secrets.empty()) sheet.Put(0, title + "\t<none>\n");
  for (View secret : secrets) {
    sheet.Put(0, title + "\t" + secret["name"].Text() + "\n");
    title.assign(title.size(), ' ');
  }
  TellEvents(subject, sheet);
}

void DescribePriorityClass(const Subject& subject, Sheet& sheet) {
  FieldLine(sheet, "Name", subject.name());
  FieldLine(sheet, "Value", std::to_string(subject["value"].Int()));
  FieldLine(sheet, "GlobalDefault",
            subject["globalDefault"].Bool() ? "true" : "false");
  FieldLine(sheet, "PreemptionPolicy", subject["preemptionPolicy"].Text());
  FieldLine(sheet, "Description", subject["description"].Text());
  FieldLine(sheet, "Annotations", MapText(subject.meta("annotations")));
  TellEvents(subject, sheet);
}

}  // namespace kubescribe::output
