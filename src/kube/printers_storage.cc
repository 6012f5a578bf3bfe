// Volumes, their classes and drivers.
#include <fmt/format.h>

#include <utility>

#include "kube/printer_table.h"

namespace kubescribe::kube {
namespace {

std::string AccessModes(JsonNode modes) {
  constexpr std::pair<std::string_view, const char*> kModes[] = {
      {"ReadWriteOnce", "RWO"},
      {"ReadOnlyMany", "ROX"},
      {"ReadWriteMany", "RWX"},
      {"ReadWriteOncePod", "RWOP"},
  };
  std::vector<std::string> texts;
  for (const auto& [name, text] : kModes) {
    for (const JsonNode mode : modes.items()) {
      if (mode.text() != name) continue;
      texts.emplace_back(text);
      break;
    }
  }
  return Join(texts);
}

// The old annotation counts before the field.
std::string StorageClassOf(const PrintInput& in) {
  const JsonNode old = in.object["metadata"]["annotations"]
                                ["volume.beta.kubernetes.io/storage-class"];
  return old.is_null() ? Str(in.spec()["storageClassName"]) : Str(old);
}

std::string VolumePhase(const PrintInput& in) {
  return IsBeingDeleted(in) ? "Terminating" : Str(in.status()["phase"]);
}

void VolumeCells(const PrintInput& in, CellList& cells) {
  const JsonNode spec = in.spec();
  const JsonNode claim = spec["claimRef"];
  cells.push_back(NameOf(in));
  cells.push_back(QuantityText(spec["capacity"]["storage"]));
  cells.push_back(AccessModes(spec["accessModes"]));
  cells.push_back(Str(spec["persistentVolumeReclaimPolicy"]));
  cells.push_back(VolumePhase(in));
  cells.push_back(claim.is_object()
                      ? Str(claim["namespace"]) + "/" + Str(claim["name"])
                      : "");
  cells.push_back(StorageClassOf(in));
  cells.push_back(PresentOr(spec["volumeAttributesClassName"], "<unset>"));
  cells.push_back(Str(in.status()["reason"]));
  cells.push_back(AgeOf(in));
  cells.push_back(PresentOr(spec["volumeMode"], "<unset>"));
}

void ClaimCells(const PrintInput& in, CellList& cells) {
  const JsonNode spec = in.spec();
  const JsonNode status = in.status();
  const bool bound = !spec["volumeName"].text().empty();
  cells.push_back(NameOf(in));
  cells.push_back(VolumePhase(in));
  cells.push_back(Str(spec["volumeName"]));
  cells.push_back(bound ? QuantityText(status["capacity"]["storage"]) : "");
  cells.push_back(bound ? AccessModes(status["accessModes"]) : "");
  cells.push_back(StorageClassOf(in));
  cells.push_back(PresentOr(spec["volumeAttributesClassName"], "<unset>"));
  cells.push_back(AgeOf(in));
  cells.push_back(PresentOr(spec["volumeMode"], "<unset>"));
}

bool HasTrueAnnotation(const PrintInput& in, std::string_view key) {
  return in.object["metadata"]["annotations"][key].text() == "true";
}

void StorageClassCells(const PrintInput& in, CellList& cells) {
  const bool is_default =
      HasTrueAnnotation(in, "storageclass.kubernetes.io/is-default-class") ||
      HasTrueAnnotation(in, "storageclass.beta.kubernetes.io/is-default-class");
  cells.push_back(NameOf(in) + (is_default ? " (default)" : ""));
  cells.push_back(Str(in.object["provisioner"]));
  cells.push_back(PresentOr(in.object["reclaimPolicy"], "Delete"));
  cells.push_back(PresentOr(in.object["volumeBindingMode"], "Immediate"));
  cells.push_back(BoolOr(in.object["allowVolumeExpansion"], false));
  cells.push_back(AgeOf(in));
}

void VolumeAttributesClassCells(const PrintInput& in, CellList& cells) {
  const bool is_default =
      in.Prints(Variant::kDefaultVolumeAttributesClass) &&
      HasTrueAnnotation(
          in, "volumeattributesclass.alpha.kubernetes.io/is-default-class");
  cells.push_back(NameOf(in) + (is_default ? " (default)" : ""));
  cells.push_back(Str(in.object["driverName"]));
  cells.push_back(AgeOf(in));
}

void VolumeAttachmentCells(const PrintInput& in, CellList& cells) {
  const JsonNode spec = in.spec();
  cells.push_back(NameOf(in));
  cells.push_back(Str(spec["attacher"]));
  cells.push_back(Str(spec["source"]["persistentVolumeName"]));
  cells.push_back(Str(spec["nodeName"]));
  cells.push_back(BoolOr(in.status()["attached"], false));
  cells.push_back(AgeOf(in));
}

void CsiNodeCells(const PrintInput& in, CellList& cells) {
  cells.push_back(NameOf(in));
  cells.push_back(Count(in.spec()["drivers"].size()));
  cells.push_back(AgeOf(in));
}

void CsiDriverCells(const PrintInput& in, CellList& cells) {
  const JsonNode spec = in.spec();
  const JsonNode tokens = spec["tokenRequests"];
  const std::string modes = Join(Texts(spec["volumeLifecycleModes"]));
  cells.push_back(NameOf(in));
  cells.push_back(BoolOr(spec["attachRequired"], true));
  cells.push_back(BoolOr(spec["podInfoOnMount"], false));
  cells.push_back(BoolOr(spec["storageCapacity"], false));
  cells.push_back(tokens.is_null() ? "<unset>"
                                   : Join(Texts(tokens, "audience")));
  cells.push_back(BoolOr(spec["requiresRepublish"], false));
  cells.push_back(modes.empty() ? "<none>" : modes);
  cells.push_back(AgeOf(in));
}

// The last of these that is true, as a server goes through them.
std::string MigrationStatus(const PrintInput& in) {
  std::string status = "Unknown";
  for (const JsonNode condition : in.status()["conditions"].items()) {
    const std::string_view type = condition["type"].text();
    if (condition["status"].text() == "True" &&
        (type == "Running" || type == "Failed" || type == "Succeeded")) {
      status = type;
    }
  }
  return status;
}

void MigrationCells(const PrintInput& in, CellList& cells) {
  const JsonNode resource = in.spec()["resource"];
  const std::string name = Str(resource["resource"]);
  const std::string group = Str(resource["group"]);
  cells.push_back(NameOf(in));
  if (in.Prints(Variant::kVersionOfMigration)) {
    cells.push_back(name + "." + Str(resource["version"]) + "." + group);
  } else {
    cells.push_back(group.empty() ? name : name + "." + group);
  }
  cells.push_back(MigrationStatus(in));
}

void StorageVersionCells(const PrintInput& in, CellList& cells) {
  constexpr std::size_t kMostListed = 3;
  std::vector<std::string> versions;
  for (const JsonNode version : in.status()["storageVersions"].items()) {
    versions.push_back(Str(version["apiServerID"]) + "=" +
                       Str(version["encodingVersion"]));
  }
  cells.push_back(NameOf(in));
  cells.push_back(PresentOr(in.status()["commonEncodingVersion"], "<unset>"));
  cells.push_back(versions.empty() ? "<unset>"
                                   : FirstAndMore(versions, kMostListed));
  cells.push_back(AgeOf(in));
}

}  // namespace

const KindPrinters& StoragePrinters() {
  static const KindPrinters kPrinters = {
      {"persistentvolumes",
       "Name, Capacity, Access Modes, Reclaim Policy, Status, Claim, "
       "StorageClass, VolumeAttributesClass, Reason, Age, +VolumeMode",
       VolumeCells},
      {"persistentvolumeclaims",
       "Name, Status, Volume, Capacity, Access Modes, StorageClass, "
       "VolumeAttributesClass, Age, +VolumeMode",
       ClaimCells},
      {"storageclasses.storage.k8s.io",
       "Name, Provisioner, ReclaimPolicy, VolumeBindingMode, "
       "AllowVolumeExpansion, Age",
       StorageClassCells},
      {"volumeattributesclasses.storage.k8s.io", "Name, DriverName, Age",
       VolumeAttributesClassCells},
      {"volumeattachments.storage.k8s.io",
       "Name, Attacher:string:name, PV, Node, Attached:boolean, Age",
       VolumeAttachmentCells},
      {"csinodes.storage.k8s.io", "Name, Drivers:integer, Age", CsiNodeCells},
      {"csidrivers.storage.k8s.io",
       "Name, AttachRequired:boolean, PodInfoOnMount:boolean, "
       "StorageCapacity:boolean, TokenRequests, RequiresRepublish:boolean, "
       "Modes, Age",
       CsiDriverCells},
      {"storageversionmigrations.storagemigration.k8s.io",
       "Name:string:, Resource, Status", MigrationCells},
      {"storageversions.internal.apiserver.k8s.io",
       "Name, CommonEncodingVersion, StorageVersions, Age",
       StorageVersionCells},
  };
  return kPrinters;
}

}  // namespace kubescribe::kube
