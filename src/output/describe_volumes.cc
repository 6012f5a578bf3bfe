// The volumes of a Pod: those kinds that only Pods have. The others are
// PersistentVolumes' too (describe_volume_source.cc).
#include "output/describe_fields.h"
#include "output/describe_pods.h"

namespace kubescribe::output {
namespace {

const char* Truth(View value) { return value.Bool() ? "true" : "false"; }

void EmptyDirLines(View volume, Sheet& sheet) {
  const auto limit = kube::Quantity::ParseOrZero(volume["sizeLimit"].Scalar());
  sheet.Put(2,
            "Type:\tEmptyDir (a temporary directory that shares a pod's "
            "lifetime)\n");
  sheet.Write(2, "Medium:\t{}\n", volume["medium"].Text());
  sheet.Write(2, "SizeLimit:\t{}\n",
              limit.Sign() > 0 ? limit.ToString() : "<unset>");
}

void ProjectedLines(View volume, Sheet& sheet) {
  sheet.Put(2,
            "Type:\tProjected (a volume that contains injected data from "
            "multiple sources)\n");
  for (const View source : volume["sources"].Items()) {
    if (const View secret = source["secret"]; secret.has()) {
      sheet.Write(2, "SecretName:\t{}\n", secret["name"].Text());
      sheet.Write(2, "Optional:\t{}\n", Truth(secret["optional"]));
    } else if (source["downwardAPI"].has()) {
      sheet.Put(2, "DownwardAPI:\ttrue\n");
    } else if (const View config = source["configMap"]; config.has()) {
      sheet.Write(2, "ConfigMapName:\t{}\n", config["name"].Text());
      sheet.Write(2, "Optional:\t{}\n", Truth(config["optional"]));
    } else if (const View token = source["serviceAccountToken"]; token.has()) {
      sheet.Write(2, "TokenExpirationSeconds:\t{}\n",
                  token["expirationSeconds"].Int());
    }
  }
}

void DownwardLines(View volume, Sheet& sheet) {
  sheet.Put(2,
            "Type:\tDownwardAPI (a volume populated by information about the "
            "pod)\n");
  sheet.Put(2, "Items:\n");
  for (const View item : volume["items"].Items()) {
    if (const View field = item["fieldRef"]; field.has()) {
      sheet.Write(3, "{} -> {}\n", field["fieldPath"].Text(),
                  item["path"].Text());
    }
    if (const View amount = item["resourceFieldRef"]; amount.has()) {
      sheet.Write(3, "{} -> {}\n", amount["resource"].Text(),
                  item["path"].Text());
    }
  }
}

void EphemeralLines(View volume, Sheet& sheet) {
  sheet.Put(2,
            "Type:\tEphemeralVolume (an inline specification for a volume that "
            "gets created and deleted with the pod)\n");
  const View claim = volume["volumeClaimTemplate"];
  if (!claim.has()) return;
  const View spec = claim["spec"];
  Sheet inner(2);
  inner.Write(0, "StorageClass:\t{}\n", StorageClassOf(claim));
  inner.Write(0, "Volume:\t{}\n", spec["volumeName"].Text());
  // A value is a text of its own here and so is moved too.
  LabelLines(inner, "Labels", claim["metadata"]["labels"]);
  AnnotationLines(inner, "Annotations", claim["metadata"]["annotations"]);
  inner.Write(0, "Capacity:\t{}\n", spec["volumeName"].empty() ? "" : "0");
  inner.Put(0, "Access Modes:\t\n");
  if (spec["volumeMode"].has()) {
    inner.Write(0, "VolumeMode:\t{}\n", spec["volumeMode"].Text());
  }
  if (const View source = spec["dataSource"]; source.has()) {
    inner.Put(0, "DataSource:\n");
    if (source["apiGroup"].has()) {
      inner.Write(1, "APIGroup:\t{}\n", source["apiGroup"].Text());
    }
    inner.Write(1, "Kind:\t{}\n", source["kind"].Text());
    inner.Write(1, "Name:\t{}\n", source["name"].Text());
  }
  sheet.Append(inner);
}

struct PodField {
  const char* label;
  const char* key;
  bool truth = false;
};

struct PodSource {
  const char* key;
  const char* type;
  std::vector<PodField> fields;
};

const std::vector<PodSource>& PlainSources() {
  static const auto& sources = *new std::vector<PodSource>{
      {"gitRepo",
       "GitRepo (a volume that is pulled from git when the pod is created)",
       {{"Repository", "repository"}, {"Revision", "revision"}}},
      {"secret",
       "Secret (a volume populated by a Secret)",
       {{"SecretName", "secretName"}, {"Optional", "optional", true}}},
      {"configMap",
       "ConfigMap (a volume populated by a ConfigMap)",
       {{"Name", "name"}, {"Optional", "optional", true}}},
      {"persistentVolumeClaim",
       "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the "
       "same namespace)",
       {{"ClaimName", "claimName"}, {"ReadOnly", "readOnly", true}}},
      {"image",
       "Image (a container image or OCI artifact)",
       {{"Reference", "reference"}, {"PullPolicy", "pullPolicy"}}},
  };
  return sources;
}

void OneVolume(View volume, Sheet& sheet) {
  using Teller = void (*)(View, Sheet&);
  const std::initializer_list<std::pair<const char*, Teller>> kTellers = {
      {"emptyDir", EmptyDirLines},
      {"projected", ProjectedLines},
      {"downwardAPI", DownwardLines},
      {"ephemeral", EphemeralLines}};
  for (const auto& [key, teller] : kTellers) {
    if (volume[key].has()) {
      teller(volume[key], sheet);
      return;
    }
  }
  for (const PodSource& source : PlainSources()) {
    const View its = volume[source.key];
    if (!its.has()) continue;
    sheet.Write(2, "Type:\t{}\n", source.type);
    for (const PodField& field : source.fields) {
      sheet.Write(2, "{}:\t{}\n", field.label,
                  field.truth ? Truth(its[field.key]) : its[field.key].Text());
    }
    return;
  }
  if (!VolumeSourceLines(volume, VolumeOf::kPod, sheet)) {
    sheet.Put(1, "<unknown>\n");
  }
}

}  // namespace

void VolumeLines(View volumes, std::string_view indent, Sheet& sheet) {
  const std::vector<View> items = volumes.Items();
  sheet.Write(0, "{}Volumes:{}\n", indent, items.empty() ? "\t<none>" : "");
  for (const View volume : items) {
    sheet.Write(1, "{}{}:\n", indent.empty() ? "" : " ", volume["name"].Text());
    OneVolume(volume, sheet);
  }
}

}  // namespace kubescribe::output
