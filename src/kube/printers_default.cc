// Kinds that a server has no printer for, and that of the aggregation layer.
#include <fmt/format.h>

#include "kube/printer_table.h"
#include "kube/user_time.h"

namespace kubescribe::kube {
namespace {

// To the second, in UTC, as it was sent.
void CreatedCells(const PrintInput& in, CellList& cells) {
  const JsonNode created = in.object["metadata"]["creationTimestamp"];
  cells.push_back(NameOf(in));
  // What Go calls no time.
  cells.push_back(TextOr(created, "0001-01-01T00:00:00Z"));
}

void AgeCells(const PrintInput& in, CellList& cells) {
  cells.push_back(NameOf(in));
  cells.push_back(AgeOf(in));
}

std::string Availability(const PrintInput& in) {
  const JsonNode available = Condition(in.status()["conditions"], "Available");
  std::string status = TextOr(available["status"], "Unknown");
  const std::string_view reason = available["reason"].text();
  if (status == "True" || reason.empty()) return status;
  return fmt::format("{} ({})", status, reason);
}

void ApiServiceCells(const PrintInput& in, CellList& cells) {
  const JsonNode service = in.spec()["service"];
  cells.push_back(NameOf(in));
  cells.push_back(service.is_object()
                      ? Str(service["namespace"]) + "/" + Str(service["name"])
                      : "Local");
  cells.push_back(Availability(in));
  cells.push_back(AgeOf(in));
}

}  // namespace

const KindPrinters& AggregationPrinters() {
  static const KindPrinters kPrinters = {
      {"apiservices.apiregistration.k8s.io", "Name, Service, Available, Age",
       ApiServiceCells},
  };
  return kPrinters;
}

const KindPrinter& CreatedPrinter() {
  static const KindPrinter kPrinter = {"", "Name, Created At:date",
                                       CreatedCells};
  return kPrinter;
}

const KindPrinter& AgePrinter() {
  static const KindPrinter kPrinter = {"", "Name, Age:date", AgeCells};
  return kPrinter;
}

}  // namespace kubescribe::kube
