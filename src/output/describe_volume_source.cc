// Where the bytes of a PersistentVolume or of a Pod's volume are, as a table:
// which fields of which kind of volume are shown, under which words.
#include <fmt/format.h>

#include <span>

#include "output/describe_fields.h"
#include "output/describe_kinds.h"

namespace kubescribe::output {
namespace {

enum class Shape {
  kText,
  kTextOrNone,   // "<none>" when absent
  kTextOrUnset,  // "<unset>" when absent
  kNumber,
  kNumberOrNone,
  kBool,
  kList,    // "[a b]"
  kJoined,  // "a, b"
  kMap,     // "map[a:b]"
  kSecret,  // a name, and a namespace of a PersistentVolume's
};

struct Field {
  const char* label;  // with its colon
  const char* key;    // "secretRef/name" is a field of a field
  Shape shape = Shape::kText;
  bool cluster_only = false;  // not told of a Pod's
};

struct Source {
  const char* key;   // in the spec
  const char* type;  // what it is
  std::vector<Field> fields;
};

// In the order in which kubectl looks for them.
const std::vector<Source>& Sources() {
  static const auto& sources = *new std::vector<Source>{
      {"hostPath",
       "HostPath (bare host directory volume)",
       {{"Path:", "path"}, {"HostPathType:", "type", Shape::kTextOrNone}}},
      {"gcePersistentDisk",
       "GCEPersistentDisk (a Persistent Disk resource in Google Compute "
       "Engine)",
       {{"PDName:", "pdName"},
        {"FSType:", "fsType"},
        {"Partition:", "partition", Shape::kNumber},
        {"ReadOnly:", "readOnly", Shape::kBool}}},
      {"awsElasticBlockStore",
       "AWSElasticBlockStore (a Persistent Disk resource in AWS)",
       {{"VolumeID:", "volumeID"},
        {"FSType:", "fsType"},
        {"Partition:", "partition", Shape::kNumber},
        {"ReadOnly:", "readOnly", Shape::kBool}}},
      {"nfs",
       "NFS (an NFS mount that lasts the lifetime of a pod)",
       {{"Server:", "server"},
        {"Path:", "path"},
        {"ReadOnly:", "readOnly", Shape::kBool}}},
      {"iscsi",
       "ISCSI (an ISCSI Disk resource that is attached to a kubelet's host "
       "machine and then exposed to the pod)",
       {{"TargetPortal:", "targetPortal"},
        {"IQN:", "iqn"},
        {"Lun:", "lun", Shape::kNumber},
        {"ISCSIInterface", "iscsiInterface"},
        {"FSType:", "fsType"},
        {"ReadOnly:", "readOnly", Shape::kBool},
        {"Portals:", "portals", Shape::kList},
        {"DiscoveryCHAPAuth:", "chapAuthDiscovery", Shape::kBool},
        {"SessionCHAPAuth:", "chapAuthSession", Shape::kBool},
        {"SecretRef:", "secretRef", Shape::kSecret},
        {"InitiatorName:", "initiatorName", Shape::kTextOrNone}}},
      {"glusterfs",
       "Glusterfs (a Glusterfs mount on the host that shares a pod's "
       "lifetime)",
       {{"EndpointsName:", "endpoints"},
        {"EndpointsNamespace:", "endpointsNamespace", Shape::kTextOrUnset,
         true},
        {"Path:", "path"},
        {"ReadOnly:", "readOnly", Shape::kBool}}},
      {"rbd",
       "RBD (a Rados Block Device mount on the host that shares a pod's "
       "lifetime)",
       {{"CephMonitors:", "monitors", Shape::kList},
        {"RBDImage:", "image"},
        {"FSType:", "fsType"},
        {"RBDPool:", "pool"},
        {"RadosUser:", "user"},
        {"Keyring:", "keyring"},
        {"SecretRef:", "secretRef", Shape::kSecret},
        {"ReadOnly:", "readOnly", Shape::kBool}}},
      {"quobyte",
       "Quobyte (a Quobyte mount on the host that shares a pod's lifetime)",
       {{"Registry:", "registry"},
        {"Volume:", "volume"},
        {"ReadOnly:", "readOnly", Shape::kBool}}},
      {"vsphereVolume",
       "vSphereVolume (a Persistent Disk resource in vSphere)",
       {{"VolumePath:", "volumePath"},
        {"FSType:", "fsType"},
        {"StoragePolicyName:", "storagePolicyName"}}},
      {"cinder",
       "Cinder (a Persistent Disk resource in OpenStack)",
       {{"VolumeID:", "volumeID"},
        {"FSType:", "fsType"},
        {"ReadOnly:", "readOnly", Shape::kBool},
        {"SecretRef:", "secretRef", Shape::kSecret}}},
      {"azureDisk",
       "AzureDisk (an Azure Data Disk mount on the host and bind mount to the "
       "pod)",
       {{"DiskName:", "diskName"},
        {"DiskURI:", "diskURI"},
        {"Kind: ", "kind"},
        {"FSType:", "fsType"},
        {"CachingMode:", "cachingMode"},
        {"ReadOnly:", "readOnly", Shape::kBool}}},
      {"photonPersistentDisk",
       "PhotonPersistentDisk (a Persistent Disk resource in photon platform)",
       {{"PdID:", "pdID"}, {"FSType:", "fsType"}}},
      {"portworxVolume",
       "PortworxVolume (a Portworx Volume resource)",
       {{"VolumeID:", "volumeID"}}},
      {"scaleIO",
       "ScaleIO (a persistent volume backed by a block device in ScaleIO)",
       {{"Gateway:", "gateway"},
        {"System:", "system"},
        {"Protection Domain:", "protectionDomain"},
        {"Storage Pool:", "storagePool"},
        {"Storage Mode:", "storageMode"},
        {"VolumeName:", "volumeName"},
        {"SecretName:", "secretRef/name", Shape::kText, true},
        {"SecretNamespace:", "secretRef/namespace", Shape::kText, true},
        {"FSType:", "fsType"},
        {"ReadOnly:", "readOnly", Shape::kBool}}},
      {"local",
       "LocalVolume (a persistent volume backed by local storage on a node)",
       {{"Path:", "path"}}},
      {"cephfs",
       "CephFS (a CephFS mount on the host that shares a pod's lifetime)",
       {{"Monitors:", "monitors", Shape::kList},
        {"Path:", "path"},
        {"User:", "user"},
        {"SecretFile:", "secretFile"},
        {"SecretRef:", "secretRef", Shape::kSecret},
        {"ReadOnly:", "readOnly", Shape::kBool}}},
      {"storageos",
       "StorageOS (a StorageOS Persistent Disk resource)",
       {{"VolumeName:", "volumeName"},
        {"VolumeNamespace:", "volumeNamespace"},
        {"FSType:", "fsType"},
        {"ReadOnly:", "readOnly", Shape::kBool}}},
      {"fc",
       "FC (a Fibre Channel disk)",
       {{"TargetWWNs:", "targetWWNs", Shape::kJoined},
        {"LUN:", "lun", Shape::kNumberOrNone},
        {"FSType:", "fsType"},
        {"ReadOnly:", "readOnly", Shape::kBool}}},
      {"azureFile",
       "AzureFile (an Azure File Service mount on the host and bind mount to "
       "the pod)",
       {{"SecretName:", "secretName"},
        {"SecretNamespace:", "secretNamespace", Shape::kText, true},
        {"ShareName:", "shareName"},
        {"ReadOnly:", "readOnly", Shape::kBool}}},
      {"flexVolume",
       "FlexVolume (a generic volume resource that is provisioned/attached "
       "using an exec based plugin)",
       {{"Driver:", "driver"},
        {"FSType:", "fsType"},
        {"SecretRef:", "secretRef", Shape::kSecret},
        {"ReadOnly:", "readOnly", Shape::kBool},
        {"Options:", "options", Shape::kMap}}},
      {"flocker",
       "Flocker (a Flocker volume mounted by the Flocker agent)",
       {{"DatasetName:", "datasetName"}, {"DatasetUUID:", "datasetUUID"}}},
      {"csi",
       "CSI (a Container Storage Interface (CSI) volume source)",
       {{"Driver:", "driver"},
        {"FSType:", "fsType"},
        {"VolumeHandle:", "volumeHandle", Shape::kText, true},
        {"ReadOnly:", "readOnly", Shape::kBool}}},
  };
  return sources;
}

View FieldOf(View volume, std::string_view key) {
  const std::size_t slash = key.find('/');
  if (slash == std::string_view::npos) return volume[key];
  return volume[key.substr(0, slash)][key.substr(slash + 1)];
}

std::string SecretText(View secret, VolumeOf of) {
  if (!secret.is_object()) return "nil";
  const std::string& name = secret["name"].Text();
  return of == VolumeOf::kPod
             ? fmt::format("&LocalObjectReference{{Name:{},}}", name)
             : fmt::format("&SecretReference{{Name:{},Namespace:{},}}", name,
                           secret["namespace"].Text());
}

std::string FieldText(View value, Shape shape, VolumeOf of) {
  switch (shape) {
    case Shape::kText:
      return value.Text();
    case Shape::kTextOrNone:
      return TextOr(value, "<none>");
    case Shape::kTextOrUnset:
      return TextOr(value, "<unset>");
    case Shape::kNumber:
      return std::to_string(value.Int());
    case Shape::kNumberOrNone:
      return !value.has() ? "<none>" : std::to_string(value.Int());
    case Shape::kBool:
      return value.Bool() ? "true" : "false";
    case Shape::kList:
      return ListText(value);
    case Shape::kJoined:
      return Join(Texts(value), ", ");
    case Shape::kMap:
      return value.is_object() ? GoText(value) : "map[]";
    case Shape::kSecret:
      return SecretText(value, of);
  }
  return "";
}

// Of a CSI volume; the text in the second column is indented as a line.
void WriteAttributes(View attributes, Sheet& sheet) {
  constexpr std::size_t kLongest = 140;
  std::string title = "VolumeAttributes:\t";
  const auto& items = attributes.Members();
  if (items.empty()) sheet.Put(2, title + "<none>\n");
  for (const auto& [key, value] : items) {
    std::string line = key + "=" + View(value).Text();
    if (line.size() > kLongest) line = line.substr(0, kLongest) + "...";
    sheet.Put(2, title + "    " + line + "\n");
    title = "    \t";
  }
}

}  // namespace

bool VolumeSourceLines(View spec, VolumeOf of, Sheet& sheet) {
  for (const Source& source : Sources()) {
    View volume = spec[source.key];
    if (!volume.is_object()) continue;
    sheet.Write(2, "Type:\t{}\n", source.type);
    for (const Field& field : source.fields) {
      if (field.cluster_only && of == VolumeOf::kPod) continue;
      sheet.Write(2, "{}\t{}\n", field.label,
                  FieldText(FieldOf(volume, field.key), field.shape, of));
    }
    if (source.key == std::string_view("csi")) {
      WriteAttributes(volume["volumeAttributes"], sheet);
    }
    return true;
  }
  return false;
}

}  // namespace kubescribe::output
