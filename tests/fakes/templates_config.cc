#include "fakes/templates.h"

namespace kubescribe::fakes {

const Template& ConfigMapTemplate() {
  static const Template text(R"json(
{"metadata":{"name":"${name}","namespace":"${ns}","uid":"${uid}",
"resourceVersion":"${rv}","creationTimestamp":"${created}","labels":{
"app.kubernetes.io/managed-by":"kubectl",
"app.kubernetes.io/part-of":"${name}"},"annotations":{
"kubectl.kubernetes.io/last-applied-configuration":"{\"apiVersion\":\"v1\",
\"data\":{\"revision\":\"${applied_value}\"},\"kind\":\"ConfigMap\",\"metadata\":{
\"annotations\":{},\"name\":\"${name}\",\"namespace\":\"${ns}\"}}\n"},
"managedFields":[${fields}]},"data":{"revision":"${value}",
"app.yaml":"# edited by hand: \"quotes\",
 tabs\t and \u00fcml\u00e4uts\nserver:\n  port: 08\n  workers: 1.0\nflags:\n  - null\n  - \"null\"\n  - 9007199254740993\nrevision: ${
value}\nkey00: value-0\nkey01: value-37\nkey02: value-74\nkey03: value-111\nkey04: value-148\nkey05: value-185\nkey06: value-222\nkey07: value-259\nkey08: value-296\nkey09: value-333\nkey10: value-370\nkey11: value-407\nkey12: value-444\nkey13: value-481\nkey14: value-518\nkey15: value-555\nkey16: value-592\nkey17: value-629\nkey18: value-666\nkey19: value-703\nkey20: value-740\nkey21: value-777\nkey22: value-814\nkey23: value-851\nkey24: value-888\nkey25: value-925\nkey26: value-962\nkey27: value-999\nkey28: value-1036\nkey29: value-1073\nkey30: value-1110\nkey31: value-1147\nkey32: value-1184\nkey33: value-1221\nkey34: value-1258\nkey35: value-1295\nkey36: value-1332\nkey37: value-1369\nkey38: value-1406\nkey39: value-1443\n"}})json");
  return text;
}

const Template& SecretTemplate() {
  static const Template text(R"json(
{"metadata":{"name":"${name}","namespace":"${ns}","uid":"${uid}",
"resourceVersion":"${rv}","creationTimestamp":"${created}","labels":{
"app.kubernetes.io/managed-by":"kubectl",
"app.kubernetes.io/part-of":"${name}"},"annotations":{
"kubectl.kubernetes.io/last-applied-configuration":"{\"apiVersion\":\"v1\",
\"data\":{\"password\":\"${secret}\"},\"kind\":\"Secret\",\"metadata\":{
\"annotations\":{},\"name\":\"${name}\",\"namespace\":\"${ns}\"}}\n"},
"managedFields":[${fields}]},"data":{
"password":"${secret}","tls.crt":"${secret}${secret}${secret}${secret}",
"username":"YWRtaW4="},"type":"Opaque"})json");
  return text;
}

const Template& RootCaTemplate() {
  static const Template text(R"json(
{"metadata":{"name":"${name}","namespace":"${ns}","uid":"${uid}",
"resourceVersion":"${rv}","creationTimestamp":"${created}","annotations":{
"kubernetes.io/description":"Contains a CA bundle that can be used to verify
 the kube-apiserver when using internal endpoints such as the internal service
 IP or kubernetes.default.svc. No other usage is guaranteed across
 distributions of Kubernetes clusters."},"managedFields":[{
"manager":"kube-controller-manager","operation":"Update","apiVersion":"v1",
"time":"${created}","fieldsType":"FieldsV1","fieldsV1":{"f:data":{".":{},
"f:ca.crt":{}},"f:metadata":{"f:annotations":{".":{},
"f:kubernetes.io/description":{}}}}}]},"data":{"ca.crt":
"-----BEGIN CERTIFICATE-----\n${ca}\n-----END CERTIFICATE-----\n"}})json");
  return text;
}

const Template& ReleaseTemplate() {
  static const Template text(R"json(
{"metadata":{"name":"${name}","namespace":"${ns}","uid":"${uid}",
"resourceVersion":"${rv}","creationTimestamp":"${created}","labels":{
"modifiedAt":"${modified}","name":"${release}","owner":"helm",
"status":"${status}","version":"${version}"},"managedFields":[{
"manager":"helm","operation":"Update","apiVersion":"v1","time":"${time}",
"fieldsType":"FieldsV1","fieldsV1":{"f:data":{".":{},"f:release":{}},
"f:metadata":{"f:labels":{".":{},"f:modifiedAt":{},"f:name":{},"f:owner":{},
"f:status":{},"f:version":{}}},"f:type":{}}}]},"data":{
"release":"${release_data}"},"type":"helm.sh/release.v1"})json");
  return text;
}

const Template& EditedFieldsTemplate() {
  static const Template text(R"json(
{"manager":"kubectl-client-side-apply","operation":"Update","apiVersion":"v1",
"time":"${created}","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{
"f:annotations":{".":{},"f:kubectl.kubernetes.io/last-applied-configuration":{
}},"f:labels":{".":{},"f:app.kubernetes.io/managed-by":{},
"f:app.kubernetes.io/part-of":{}}}}},{"manager":"kubectl-edit",
"operation":"Update","apiVersion":"v1","time":"${time}",
"fieldsType":"FieldsV1","fieldsV1":{"f:data":{${data_fields}}}})json");
  return text;
}

const Template& AppliedFieldsTemplate() {
  static const Template text(R"json(
{"manager":"kubectl-client-side-apply","operation":"Update","apiVersion":"v1",
"time":"${time}","fieldsType":"FieldsV1","fieldsV1":{"f:data":{".":{},
${data_fields}},"f:metadata":{"f:annotations":{".":{},
"f:kubectl.kubernetes.io/last-applied-configuration":{}},"f:labels":{".":{},
"f:app.kubernetes.io/managed-by":{},"f:app.kubernetes.io/part-of":{}}}}}
)json");
  return text;
}

}  // namespace kubescribe::fakes
