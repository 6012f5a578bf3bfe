// Connection: everything that is needed to talk to one API server, as plain
// values. kubeconfig.h makes it from files, net/client.h uses it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kubescribe::config {

enum class InteractiveMode { kNever, kIfAvailable, kAlways };

// A client-go credential plugin: a program that prints an ExecCredential.
struct ExecPlugin {
  // "client.authentication.k8s.io/v1" or ".../v1beta1", checked on load.
  std::string api_version;
  // An absolute path, or a bare name to look up in PATH.
  std::string command;
  std::vector<std::string> args;
  std::vector<std::pair<std::string, std::string>> env;
  std::string install_hint;
  bool provide_cluster_info = false;
  InteractiveMode interactive_mode = InteractiveMode::kIfAvailable;
  // The cluster's extension "client.authentication.k8s.io/exec" as JSON, for
  // spec.cluster.config; "" where there is none.
  std::string cluster_config_json;
};

// Who the requests are made for (Impersonate-* headers).
struct Impersonation {
  std::string user;
  std::string uid;
  std::vector<std::string> groups;
  std::vector<std::pair<std::string, std::vector<std::string>>> extra;
};

// Where a value may come as data or as a file, the data is decoded (PEM) and
// wins; file names are absolute or relative to the working folder, never to a
// kubeconfig. "" is absent.
struct Connection {
  // For people and for the database's name: the kubeconfig context, or
  // "in-cluster". Unique only where the configuration makes it so.
  std::string name;
  // The file that defined the context; "" in-cluster.
  std::string source;
  // "https://host:6443/prefix": http or https, no user part, no trailing
  // slash, no query.
  std::string server;

  std::string ca_data;
  std::string ca_file;
  bool insecure = false;  // do not verify the server's certificate
  std::string tls_server_name;
  std::string proxy_url;
  bool disable_compression = false;

  std::string client_cert_data;
  std::string client_cert_file;
  std::string client_key_data;
  std::string client_key_file;
  std::string token;
  std::string token_file;  // wins over `token` once it can be read
  std::string username;
  std::string password;
  std::optional<ExecPlugin> exec;
  Impersonation impersonate;

  std::string default_namespace = "default";
  bool in_cluster = false;
};

}  // namespace kubescribe::config
