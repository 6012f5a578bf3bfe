// Kubeconfig files and the service account of a Pod -> Connection, by
// client-go's rules (P§4).
//
//   Result<Connection> c = LoadConnection("", "prod");
//
// Nothing is sent and no credential file is read here: net does that, and
// does it again when they rotate. Errors name FILE:LINE and the key, never a
// value of a credential.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "config/connection.h"

namespace kubescribe::config {

// What the loaders take from the process, so that a test can give its own.
struct KubeEnvironment {
  std::string kubeconfig;    // $KUBECONFIG
  std::string home;          // $HOME
  std::string service_host;  // $KUBERNETES_SERVICE_HOST
  std::string service_port;  // $KUBERNETES_SERVICE_PORT
  std::string service_account_dir =
      "/var/run/secrets/kubernetes.io/serviceaccount";

  static KubeEnvironment FromProcess();
};

// The connection of `context` ("": current-context) in the file `path`. With
// an empty path: the files of $KUBECONFIG, merged, else ~/.kube/config, else,
// in a Pod and with an empty context, the service account.
// kNotFound: no file, or no such context (the message lists those there are).
// kInvalid: a file cannot be read as a kubeconfig, or breaks a rule.
// kUnsupported: auth-provider, or an exec version that is not understood.
// kIo: a file is there but cannot be read.
Result<Connection> LoadConnection(
    const std::string& path, const std::string& context,
    const KubeEnvironment& environment = KubeEnvironment::FromProcess());

struct ContextList {
  std::vector<std::string> names;  // in the files' order
  std::string current;             // "" when no file says
};

// The contexts that LoadConnection would know. Errors as there.
Result<ContextList> ListContexts(
    const std::string& path,
    const KubeEnvironment& environment = KubeEnvironment::FromProcess());

// The API server of the cluster that this Pod runs in. kNotFound: not in one.
Result<Connection> LoadInCluster(
    const KubeEnvironment& environment = KubeEnvironment::FromProcess());

}  // namespace kubescribe::config
