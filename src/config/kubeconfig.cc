#include "config/kubeconfig.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "base/read_file.h"
#include "base/text.h"
#include "config/base64.h"
#include "config/yaml_reader.h"

namespace kubescribe::config {
namespace {

constexpr std::size_t kMaxKubeconfig = 8u << 20;
constexpr std::string_view kExecV1 = "client.authentication.k8s.io/v1";
constexpr std::string_view kExecV1Beta1 =
    "client.authentication.k8s.io/v1beta1";
constexpr std::string_view kExecExtension = "client.authentication.k8s.io/exec";

// An entry of clusters, users or contexts, with the file that defined it.
struct Named {
  YAML::Node body;
  YAML::Node at;  // for the line, when there is no body
  std::string file;
  std::string key;
};

// All files, merged: the first that defines a name wins whole.
struct Merged {
  std::map<std::string, Named> clusters;
  std::map<std::string, Named> users;
  std::map<std::string, Named> contexts;
  std::vector<std::string> context_order;
  std::string current;
  std::string files;  // for messages
};

std::string Folder(const std::string& file) {
  const std::size_t slash = file.rfind('/');
  if (slash == std::string::npos) return "";
  return slash == 0 ? "/" : file.substr(0, slash);
}

// Relative paths are against the folder of the file that has them.
std::string Resolve(const std::string& path, const std::string& file) {
  if (path.empty() || path.front() == '/') return path;
  const std::string folder = Folder(file);
  return folder.empty() ? path : folder + "/" + path;
}

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

void MergeList(Section* root, const char* list, const char* body,
               const std::string& file, std::map<std::string, Named>* into,
               std::vector<std::string>* order) {
  std::vector<std::string> here;
  root->Each(list, [&](const YAML::Node& node, const std::string& key) {
    Section entry(root->errors(), node, key);
    std::string name;
    entry.String("name", &name);
    if (std::find(here.begin(), here.end(), name) != here.end()) {
      entry.Fail("name", fmt::format("\"{}\" is defined twice", name));
      return;
    }
    here.push_back(name);
    Named named{entry.Take(body), node, file, entry.KeyOf(body)};
    if (into->emplace(name, std::move(named)).second && order != nullptr) {
      order->push_back(name);
    }
  });
}

Status MergeFile(const std::string& file, Merged* merged) {
  Result<std::string> text = ReadFile(file, kMaxKubeconfig);
  if (!text.ok()) return text.error();
  Result<YAML::Node> root = ParseYaml(*text, file);
  if (!root.ok()) return root.error();
  YamlErrors errors(file);
  Section section(errors, *root, "");
  std::string kind = "Config";
  section.String("kind", &kind);
  if (kind != "Config") section.Fail("kind", "is not Config: no kubeconfig");
  MergeList(&section, "clusters", "cluster", file, &merged->clusters, nullptr);
  MergeList(&section, "users", "user", file, &merged->users, nullptr);
  MergeList(&section, "contexts", "context", file, &merged->contexts,
            &merged->context_order);
  std::string current;
  section.String("current-context", &current);
  if (merged->current.empty()) merged->current = current;
  merged->files += (merged->files.empty() ? "" : ":") + file;
  if (errors.first()) return *errors.first();
  return {};
}

// `found` says whether any file was there.
Result<Merged> Load(const std::string& path, const KubeEnvironment& env,
                    bool* found) {
  Merged merged;
  *found = false;
  if (!path.empty()) {
    if (Status s = MergeFile(path, &merged); !s.ok()) return s.error();
    *found = true;
    return merged;
  }
  std::vector<std::string> files;
  std::string_view rest = env.kubeconfig;
  while (!rest.empty()) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    if (colon > 0) files.emplace_back(rest.substr(0, colon));
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }
  if (files.empty() && !env.home.empty()) {
    files.push_back(env.home + "/.kube/config");
  }
  for (const std::string& file : files) {
    const Status status = MergeFile(file, &merged);
    if (status.ok()) {
      *found = true;
    } else if (status.error().code() != Code::kNotFound) {
      return status.error();
    }
  }
  return merged;
}

Error NoFile(const KubeEnvironment& env) {
  return Error(Code::kNotFound,
               fmt::format("no kubeconfig: {} does not exist; give one with "
                           "--kubeconfig",
                           env.kubeconfig.empty() ? env.home + "/.kube/config"
                                                  : env.kubeconfig));
}

// A YAML value as JSON, with the types that YAML's plain words have.
nlohmann::json ToJson(const YAML::Node& node) {
  if (!node.IsDefined() || node.IsNull()) return nullptr;
  if (node.IsSequence()) {
    auto out = nlohmann::json::array();
    for (const YAML::Node& element : node) out.push_back(ToJson(element));
    return out;
  }
  if (node.IsMap()) {
    auto out = nlohmann::json::object();
    for (const auto& pair : node) {
      out[pair.first.Scalar()] = ToJson(pair.second);
    }
    return out;
  }
  if (node.Tag() == "?") {
    // JSON's own words are YAML's plain ones.
    auto parsed = nlohmann::json::parse(node.Scalar(), nullptr, false);
    if (parsed.is_primitive() && !parsed.is_discarded()) return parsed;
  }
  return node.Scalar();
}

// Reads one cluster or user entry into the connection.
class EntryReader {
 public:
  EntryReader(YamlErrors& errors, const Named& named)
      : named_(named), section_(errors, named.body, named.key) {}

  // "NAME-data" decoded, and the file NAME.
  void DataOrFile(const char* name, std::string* data, std::string* file) {
    const std::string data_name = std::string(name) + "-data";
    std::string encoded;
    section_.String(data_name.c_str(), &encoded);
    if (!encoded.empty()) {
      const auto decoded = DecodeBase64(encoded);
      if (!decoded) {
        section_.Fail(data_name.c_str(), "is not base64");
      } else {
        *data = *decoded;
      }
    }
    std::string path;
    section_.String(name, &path);
    if (data->empty()) *file = Resolve(path, named_.file);
  }

  Section& section() { return section_; }
  const std::string& file() const { return named_.file; }

 private:
  const Named& named_;
  Section section_;
};

bool GoodProxyScheme(std::string_view url) {
  for (const std::string_view scheme :
       {"http://", "https://", "socks5://", "socks5h://"}) {
    if (url.starts_with(scheme) && url.size() > scheme.size()) return true;
  }
  return false;
}

void ReadServer(Section* section, Connection* out) {
  section->String("server", &out->server);
  std::string& server = out->server;
  if (server.empty()) {
    section->Fail("server", "is missing");
    return;
  }
  const bool https = server.starts_with("https://");
  if (!https && !server.starts_with("http://")) {
    section->Fail("server", "must begin with https:// (or http://)");
    return;
  }
  const std::string_view rest = std::string_view(server).substr(https ? 8 : 7);
  const std::string_view authority = rest.substr(0, rest.find('/'));
  if (authority.empty() || HasControl(server) ||
      server.find_first_of("?# ") != std::string::npos) {
    section->Fail("server", "is not the URL of a server");
  } else if (authority.find('@') != std::string_view::npos) {
    section->Fail("server",
                  "must not hold a user or a password; use username and "
                  "password of the user");
  }
  while (server.ends_with('/')) server.pop_back();
}

void ReadCluster(EntryReader* entry, Connection* out) {
  Section& section = entry->section();
  ReadServer(&section, out);
  section.Bool("insecure-skip-tls-verify", &out->insecure);
  entry->DataOrFile("certificate-authority", &out->ca_data, &out->ca_file);
  if (out->insecure && !(out->ca_data.empty() && out->ca_file.empty())) {
    section.Fail("insecure-skip-tls-verify",
                 "cannot go with a certificate-authority: take one out");
  }
  section.String("tls-server-name", &out->tls_server_name);
  section.String("proxy-url", &out->proxy_url);
  if (!out->proxy_url.empty() && !GoodProxyScheme(out->proxy_url)) {
    section.Fail("proxy-url", "must be http://, https:// or socks5://");
  }
  section.Bool("disable-compression", &out->disable_compression);
}

// spec.cluster.config of exec plugins lies with the cluster.
void ReadExecExtension(EntryReader* entry, Connection* out) {
  entry->section().Each(
      "extensions", [&](const YAML::Node& node, const std::string& key) {
        Section extension(entry->section().errors(), node, key);
        std::string name;
        extension.String("name", &name);
        if (name != kExecExtension || !out->exec) return;
        out->exec->cluster_config_json =
            ToJson(extension.Take("extension"))
                .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
      });
}

void ReadInteractiveMode(Section* section, ExecPlugin* exec) {
  std::string mode;
  section->String("interactiveMode", &mode);
  if (mode == "Never") {
    exec->interactive_mode = InteractiveMode::kNever;
  } else if (mode == "Always") {
    exec->interactive_mode = InteractiveMode::kAlways;
  } else if (mode.empty() && exec->api_version == kExecV1) {
    section->Fail("interactiveMode", "is required in version v1");
  } else if (!mode.empty() && mode != "IfAvailable") {
    section->Fail("interactiveMode", "must be Never, IfAvailable or Always");
  }
}

// Sets *unsupported where the version is none that we speak.
void ReadExec(EntryReader* entry, Connection* out,
              std::optional<Error>* unsupported) {
  Section& user = entry->section();
  if (!user.Has("exec")) return;
  Section section(user.errors(), user.Take("exec"), user.KeyOf("exec"));
  ExecPlugin exec;
  section.String("apiVersion", &exec.api_version);
  if (exec.api_version.empty()) {
    section.Fail("apiVersion", "is missing");
  } else if (exec.api_version != kExecV1 && exec.api_version != kExecV1Beta1) {
    section.Fail("apiVersion",
                 fmt::format("must be {} or {}; a newer version of the plugin "
                             "speaks one of them",
                             kExecV1, kExecV1Beta1));
    *unsupported =
        Error(Code::kUnsupported, section.errors().first()->message());
  }
  section.String("command", &exec.command);
  if (exec.command.empty()) section.Fail("command", "is missing");
  if (exec.command.find('/') != std::string::npos) {
    exec.command = Resolve(exec.command, entry->file());
  }
  section.Strings("args", &exec.args);
  section.Each("env", [&](const YAML::Node& node, const std::string& key) {
    Section pair(section.errors(), node, key);
    std::string name;
    std::string value;
    pair.String("name", &name);
    pair.String("value", &value);
    if (name.empty() || name.find('=') != std::string::npos) {
      pair.Fail("name", "is not the name of a variable");
    }
    exec.env.emplace_back(std::move(name), std::move(value));
  });
  section.String("installHint", &exec.install_hint);
  section.Bool("provideClusterInfo", &exec.provide_cluster_info);
  ReadInteractiveMode(&section, &exec);
  out->exec = std::move(exec);
}

void ReadImpersonation(Section* section, Connection* out) {
  Impersonation& as = out->impersonate;
  section->String("as", &as.user);
  section->String("as-uid", &as.uid);
  section->Strings("as-groups", &as.groups);
  if (section->Has("as-user-extra")) {
    Section extra(section->errors(), section->Take("as-user-extra"),
                  section->KeyOf("as-user-extra"));
    for (const auto& pair : extra.node()) {
      const std::string key = pair.first.Scalar();
      std::vector<std::string> values;
      extra.Strings(key.c_str(), &values);
      as.extra.emplace_back(key, std::move(values));
    }
  }
  if (as.user.empty() &&
      !(as.uid.empty() && as.groups.empty() && as.extra.empty())) {
    section->Fail("as", "is needed with as-uid, as-groups or as-user-extra");
  }
  bool control = HasControl(as.user) || HasControl(as.uid);
  for (const std::string& group : as.groups) control |= HasControl(group);
  for (const auto& [key, values] : as.extra) {
    for (const std::string& value : values) control |= HasControl(value);
  }
  if (control) section->Fail("as", "holds control characters");
}

void ReadUser(EntryReader* entry, Connection* out,
              std::optional<Error>* unsupported) {
  Section& section = entry->section();
  entry->DataOrFile("client-certificate", &out->client_cert_data,
                    &out->client_cert_file);
  entry->DataOrFile("client-key", &out->client_key_data, &out->client_key_file);
  const bool cert =
      !(out->client_cert_data.empty() && out->client_cert_file.empty());
  const bool key =
      !(out->client_key_data.empty() && out->client_key_file.empty());
  if (cert && !key) {
    section.Fail("client-certificate", "needs a client-key beside it");
  }
  section.String("token", &out->token);
  std::string token_file;
  section.String("tokenFile", &token_file);
  out->token_file = Resolve(token_file, entry->file());
  section.String("username", &out->username);
  section.String("password", &out->password);
  if (HasControl(out->token)) {
    section.Fail("token", "holds control characters");
  }
  const bool token = !(out->token.empty() && out->token_file.empty());
  if (token && !(out->username.empty() && out->password.empty())) {
    section.Fail(out->token.empty() ? "tokenFile" : "token",
                 "cannot go with username and password: take one out");
  }
  if (section.Has("auth-provider")) {
    if (section.Has("exec")) {
      section.Fail("exec", "cannot go with auth-provider: take one out");
    } else {
      section.Fail("auth-provider",
                   "is no longer supported by Kubernetes clients: use the exec "
                   "plugin of your provider");
      *unsupported =
          Error(Code::kUnsupported, section.errors().first()->message());
    }
  }
  ReadExec(entry, out, unsupported);
  ReadImpersonation(&section, out);
}

std::string Names(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size() && i < 20; ++i) {
    out += (i == 0 ? "" : ", ") + names[i];
  }
  if (names.size() > 20) out += ", …";
  return out.empty() ? "none" : out;
}

Error Missing(const Named& context, const char* what, const std::string& name) {
  YamlErrors errors(context.file);
  const YAML::Node at = context.body.IsDefined() && context.body.IsMap()
                            ? context.body
                            : context.at;
  errors.Add(at, context.key,
             fmt::format("{} \"{}\" is not defined", what, name));
  return Error(Code::kInvalid, errors.first()->message());
}

Result<Connection> Build(const Merged& merged, const std::string& name,
                         const Named& context) {
  YamlErrors context_errors(context.file);
  Section section(context_errors, context.body, context.key);
  std::string cluster;
  std::string user;
  Connection out;
  out.name = name;
  out.source = context.file;
  section.String("cluster", &cluster);
  section.String("user", &user);
  section.String("namespace", &out.default_namespace);
  if (out.default_namespace.empty()) out.default_namespace = "default";
  if (context_errors.first()) return *context_errors.first();

  const auto found_cluster = merged.clusters.find(cluster);
  if (found_cluster == merged.clusters.end()) {
    return Missing(context, "cluster", cluster);
  }
  std::optional<Error> unsupported;
  if (!user.empty()) {
    const auto found_user = merged.users.find(user);
    if (found_user == merged.users.end()) {
      return Missing(context, "user", user);
    }
    YamlErrors errors(found_user->second.file);
    EntryReader entry(errors, found_user->second);
    ReadUser(&entry, &out, &unsupported);
    if (unsupported) return *unsupported;
    if (errors.first()) return *errors.first();
  }
  YamlErrors errors(found_cluster->second.file);
  EntryReader entry(errors, found_cluster->second);
  ReadCluster(&entry, &out);
  ReadExecExtension(&entry, &out);
  if (errors.first()) return *errors.first();
  return out;
}

}  // namespace

KubeEnvironment KubeEnvironment::FromProcess() {
  KubeEnvironment env;
  env.kubeconfig = Variable("KUBECONFIG");
  env.home = Variable("HOME");
  env.service_host = Variable("KUBERNETES_SERVICE_HOST");
  env.service_port = Variable("KUBERNETES_SERVICE_PORT");
  return env;
}

Result<Connection> LoadConnection(const std::string& path,
                                  const std::string& context,
                                  const KubeEnvironment& environment) {
  bool found = false;
  Result<Merged> merged = Load(path, environment, &found);
  if (!merged.ok()) return merged.error();
  if (!found) {
    if (context.empty() && !environment.service_host.empty()) {
      return LoadInCluster(environment);
    }
    return NoFile(environment);
  }
  const std::string name = context.empty() ? merged->current : context;
  if (name.empty()) {
    return Error(Code::kInvalid,
                 fmt::format("{}: no current-context; choose with --context "
                             "one of: {}",
                             merged->files, Names(merged->context_order)));
  }
  const auto it = merged->contexts.find(name);
  if (it == merged->contexts.end()) {
    return Error(
        Code::kNotFound,
        fmt::format("{}: no context \"{}\"; there are: {}", merged->files, name,
                    Names(merged->context_order)));
  }
  return Build(*merged, name, it->second);
}

Result<ContextList> ListContexts(const std::string& path,
                                 const KubeEnvironment& environment) {
  bool found = false;
  Result<Merged> merged = Load(path, environment, &found);
  if (!merged.ok()) return merged.error();
  if (!found) return NoFile(environment);
  return ContextList{std::move(merged->context_order),
                     std::move(merged->current)};
}

Result<Connection> LoadInCluster(const KubeEnvironment& environment) {
  const std::string& dir = environment.service_account_dir;
  if (environment.service_host.empty() || environment.service_port.empty()) {
    return Error(Code::kNotFound,
                 "not in a Pod: KUBERNETES_SERVICE_HOST and "
                 "KUBERNETES_SERVICE_PORT are not set");
  }
  Connection out;
  out.name = "in-cluster";
  out.in_cluster = true;
  std::string host = environment.service_host;
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  out.server = fmt::format("https://{}:{}", host, environment.service_port);
  out.token_file = dir + "/token";
  if (access(out.token_file.c_str(), R_OK) != 0) {
    return Error(Code::kNotFound,
                 fmt::format("{} cannot be read: has the Pod a service account "
                             "(automountServiceAccountToken)?",
                             out.token_file));
  }
  out.ca_file = dir + "/ca.crt";
  if (access(out.ca_file.c_str(), R_OK) != 0) out.ca_file.clear();
  Result<std::string> ns = ReadFile(dir + "/namespace", 1024);
  if (ns.ok()) {
    const std::size_t end = ns->find_last_not_of(" \r\n\t");
    if (end != std::string::npos)
      out.default_namespace = ns->substr(0, end + 1);
  }
  return out;
}

}  // namespace kubescribe::config
