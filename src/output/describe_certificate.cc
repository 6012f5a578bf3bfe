// CertificateSigningRequest: who asks for a certificate, and for which names.
#include <fmt/format.h>

#include "kube/certificate_request.h"
#include "kube/user_time.h"
#include "output/describe_fields.h"
#include "output/describe_kinds.h"

namespace kubescribe::output {
namespace {

std::string RequestStatus(View status) {
  bool approved = false;
  bool denied = false;
  bool failed = false;
  for (View condition : status["conditions"].Items()) {
    const std::string& type = condition["type"].Text();
    approved = approved || type == "Approved";
    denied = denied || type == "Denied";
    failed = failed || type == "Failed";
  }
  std::string text = denied ? "Denied" : approved ? "Approved" : "Pending";
  if (failed) text += ",Failed";
  if (!status["certificate"].Text().empty()) text += ",Issued";
  return text;
}

void WriteNames(const char* title, const std::vector<std::string>& names,
                Sheet& sheet) {
  if (names.empty()) return;
  sheet.Write(0, "\t{}:\t{}\n", title, fmt::join(names, "\n\t\t"));
}

void WriteRequest(const kube::CertificateRequest& request, Sheet& sheet) {
  sheet.Put(0, "\tCommon Name:\t" + request.common_name + "\n");
  sheet.Put(0, "\tSerial Number:\t" + request.serial_number + "\n");
  WriteNames("Organization", request.organizations, sheet);
  WriteNames("Organizational Unit", request.units, sheet);
  WriteNames("Country", request.countries, sheet);
  WriteNames("Locality", request.localities, sheet);
  WriteNames("Province", request.provinces, sheet);
  WriteNames("StreetAddress", request.streets, sheet);
  WriteNames("PostalCode", request.postal_codes, sheet);
  if (!request.dns_names.empty() || !request.emails.empty() ||
      !request.uris.empty() || !request.ips.empty()) {
    sheet.Put(0, "Subject Alternative Names:\n");
  }
  WriteNames("DNS Names", request.dns_names, sheet);
  WriteNames("Email Addresses", request.emails, sheet);
  WriteNames("URIs", request.uris, sheet);
  WriteNames("IP Addresses", request.ips, sheet);
}

}  // namespace

void DescribeCertificateSigningRequest(const Subject& subject, Sheet& sheet) {
  View spec = subject["spec"];
  const std::optional<kube::CertificateRequest> request =
      kube::ReadCertificateRequest(spec["request"].Text());
  FieldLine(sheet, "Name", subject.name());
  FieldLine(sheet, "Labels", MapText(subject.meta("labels")));
  FieldLine(sheet, "Annotations", MapText(subject.meta("annotations")));
  FieldLine(sheet, "CreationTimestamp",
            subject.Time(subject.meta("creationTimestamp")));
  FieldLine(sheet, "Requesting User", spec["username"].Text());
  FieldLineIfAny(sheet, "Signer", spec["signerName"].Text());
  if (View seconds = spec["expirationSeconds"]; seconds.has()) {
    FieldLine(sheet, "Requested Duration",
              kube::HumanDuration(seconds.Int() * kSecond));
  }
  FieldLine(sheet, "Status", RequestStatus(subject["status"]));
  sheet.Put(0, "Subject:\n");
  if (request) {
    WriteRequest(*request, sheet);
  } else {
    sheet.Put(1, "<the request cannot be read>\n");
  }
  TellEvents(subject, sheet);
}

}  // namespace kubescribe::output
