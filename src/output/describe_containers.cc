// What is told of a container.
#include <algorithm>
#include <cmath>

#include "output/describe_pods.h"

namespace kubescribe::output {
namespace {

std::string LowerText(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return text;
}

// In quotes, as Go's %q.
std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
      case '\\':
        quoted += {'\\', c};
        break;
      case '\n':
        quoted += "\\n";
        break;
      case '\t':
        quoted += "\\t";
        break;
      case '\r':
        quoted += "\\r";
        break;
      default:
        quoted += static_cast<unsigned char>(c) < 0x20 || c == 0x7f
                      ? fmt::format("\\x{:02x}", static_cast<unsigned char>(c))
                      : std::string(1, c);
    }
  }
  return quoted + "\"";
}

// As the path of a URL.
std::string EscapedPath(std::string_view path) {
  constexpr std::string_view kPlain = "-_.~$&+,/:;=@";
  if (path == "*") return "*";
  std::string escaped;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       (c >= '0' && c <= '9') ||
                       kPlain.find(c) != std::string_view::npos;
    escaped += plain ? std::string(1, c)
                     : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return escaped;
}

std::string HttpUrl(View get) {
  std::string host = get["host"].Text();
  const std::string& port = get["port"].Scalar();
  if (!port.empty()) {
    if (host.find(':') != std::string::npos) host = "[" + host + "]";
    host += ":" + port;
  }
  std::string path = EscapedPath(get["path"].Text());
  if (!path.empty() && path[0] != '/' && !host.empty()) path = "/" + path;
  const std::string scheme = LowerText(get["scheme"].Text());
  return (scheme.empty() ? "" : scheme + ":") + "//" + host + path;
}

std::string ProbeText(View probe) {
  const std::string attributes = fmt::format(
      "delay={}s timeout={}s period={}s #success={} #failure={}",
      probe["initialDelaySeconds"].Int(), probe["timeoutSeconds"].Int(),
      probe["periodSeconds"].Int(), probe["successThreshold"].Int(),
      probe["failureThreshold"].Int());
  std::string what = "unknown";
  if (const View exec = probe["exec"]; exec.has()) {
    what = "exec [" + Join(Texts(exec["command"]), " ") + "]";
  } else if (const View get = probe["httpGet"]; get.has()) {
    what = "http-get " + HttpUrl(get);
  } else if (const View tcp = probe["tcpSocket"]; tcp.has()) {
    what = "tcp-socket " + tcp["host"].Text() + ":" + tcp["port"].Scalar();
  } else if (const View grpc = probe["grpc"]; grpc.has()) {
    what = fmt::format("grpc <pod>:{} {}", grpc["port"].Int(),
                       grpc["service"].Text());
  }
  return what + " " + attributes;
}

void PortLine(View ports, std::string_view title, std::string_view key,
              Sheet& sheet) {
  std::vector<std::string> texts;
  for (const View port : ports.Items()) {
    std::string text =
        fmt::format("{}/{}", port[key].Int(), port["protocol"].Text());
    if (!port["name"].empty()) text += " (" + port["name"].Text() + ")";
    texts.push_back(std::move(text));
  }
  const std::string all = Join(texts, ", ");
  sheet.Write(2, "{}{}:\t{}\n", title,
              all.find(',') != std::string::npos ? "s" : "",
              all.empty() ? "<none>" : all);
}

// A word a line; of a word with line breaks each part.
void WordLines(std::string_view title, View words, Sheet& sheet) {
  if (words.Items().empty()) return;
  sheet.Write(2, "{}:\n", title);
  for (const View word : words.Items()) {
    std::string_view rest = word.Text();
    for (;;) {
      const std::size_t end = rest.find('\n');
      sheet.Write(3, "{}\n", rest.substr(0, end));
      if (end == std::string_view::npos) break;
      rest.remove_prefix(end + 1);
    }
  }
}

void StateLines(const Subject& subject, std::string_view title, View state,
                Sheet& sheet) {
  if (const View running = state["running"]; running.has()) {
    sheet.Write(2, "{}:\tRunning\n", title);
    sheet.Write(3, "Started:\t{}\n", subject.Time(running["startedAt"]));
    return;
  }
  const View waiting = state["waiting"];
  const View ended = state["terminated"];
  if (waiting.has() || !ended.has()) {
    sheet.Write(2, "{}:\tWaiting\n", title);
    if (!waiting["reason"].empty()) {
      sheet.Write(3, "Reason:\t{}\n", waiting["reason"].Text());
    }
    return;
  }
  sheet.Write(2, "{}:\tTerminated\n", title);
  if (!ended["reason"].empty()) {
    sheet.Write(3, "Reason:\t{}\n", ended["reason"].Text());
  }
  if (!ended["message"].empty()) {
    sheet.Write(3, "Message:\t{}\n", ended["message"].Text());
  }
  sheet.Write(3, "Exit Code:\t{}\n", ended["exitCode"].Int());
  if (ended["signal"].Int() > 0) {
    sheet.Write(3, "Signal:\t{}\n", ended["signal"].Int());
  }
  sheet.Write(3, "Started:\t{}\n", subject.Time(ended["startedAt"]));
  sheet.Write(3, "Finished:\t{}\n", subject.Time(ended["finishedAt"]));
}

// What a field of a Pod stands for: only its name and namespace, as kubectl.
std::string FieldValue(View pod, const std::string& path) {
  if (path == "metadata.name") return pod["metadata"]["name"].Text();
  if (path == "metadata.namespace") return pod["metadata"]["namespace"].Text();
  return "";
}

// "2" for limits.cpu of 1500m by 1.
std::string ResourceValue(View container, View reference) {
  const std::string& resource = reference["resource"].Text();
  const std::size_t dot = resource.find('.');
  if (dot == std::string::npos) return "";
  const std::string kind = resource.substr(0, dot);
  const std::string name = resource.substr(dot + 1);
  if ((kind != "limits" && kind != "requests") ||
      (name != "cpu" && name != "memory" && name != "ephemeral-storage" &&
       name.rfind("hugepages-", 0) != 0)) {
    return "";
  }
  const auto amount =
      kube::Quantity::ParseOrZero(container["resources"][kind][name].Scalar());
  auto divisor = kube::Quantity::ParseOrZero(reference["divisor"].Scalar());
  if (divisor.IsZero()) {
    divisor = kube::Quantity(1, kube::Quantity::Format::kDecimal);
  }
  const bool cpu = name == "cpu";
  const auto number = [cpu](const kube::Quantity& quantity) {
    return static_cast<double>(cpu ? quantity.MilliValue() : quantity.Value());
  };
  return std::to_string(
      static_cast<std::int64_t>(std::ceil(number(amount) / number(divisor))));
}

void KeyLine(const std::string& name, View reference, std::string_view where,
             Sheet& sheet) {
  sheet.Write(3, "{}:\t<set to the key '{}' {} '{}'>\tOptional: {}\n", name,
              reference["key"].Text(), where, reference["name"].Text(),
              reference["optional"].Bool());
}

void VariableLines(View container, View variable, View pod, Sheet& sheet) {
  const std::string& name = variable["name"].Text();
  const View from = variable["valueFrom"];
  if (!from.has()) {
    std::string_view rest = variable["value"].Text();
    std::string before = name + ":";
    for (;;) {
      const std::size_t end = rest.find('\n');
      sheet.Write(3, "{}\t{}\n", before, rest.substr(0, end));
      if (end == std::string_view::npos) return;
      rest.remove_prefix(end + 1);
      before.clear();
    }
  }
  if (const View field = from["fieldRef"]; field.has()) {
    const std::string& path = field["fieldPath"].Text();
    sheet.Write(3, "{}:\t{} ({}:{})\n", name, FieldValue(pod, path),
                field["apiVersion"].Text(), path);
  } else if (const View amount = from["resourceFieldRef"]; amount.has()) {
    const std::string& resource = amount["resource"].Text();
    std::string value = ResourceValue(container, amount);
    if (value == "0" &&
        (resource == "limits.cpu" || resource == "limits.memory")) {
      value = "node allocatable";
    }
    sheet.Write(3, "{}:\t{} ({})\n", name, value, resource);
  } else if (const View secret = from["secretKeyRef"]; secret.has()) {
    KeyLine(name, secret, "in secret", sheet);
  } else if (const View config = from["configMapKeyRef"]; config.has()) {
    KeyLine(name, config, "of config map", sheet);
  }
}

void EnvironmentLines(View container, View pod, Sheet& sheet) {
  const std::vector<View> sources = container["envFrom"].Items();
  if (!sources.empty()) sheet.Put(2, "Environment Variables from:\n");
  for (const View source : sources) {
    const bool config = source["configMapRef"].has();
    const View reference = source[config ? "configMapRef" : "secretRef"];
    std::string from = config ? "ConfigMap" : reference.has() ? "Secret" : "";
    if (!source["prefix"].empty()) {
      from += " with prefix '" + source["prefix"].Text() + "'";
    }
    sheet.Write(3, "{}\t{}\tOptional: {}\n", reference["name"].Text(), from,
                reference["optional"].Bool());
  }
  const std::vector<View> variables = container["env"].Items();
  sheet.Write(2, "Environment:{}\n", variables.empty() ? "\t<none>" : "");
  for (const View variable : variables) {
    VariableLines(container, variable, pod, sheet);
  }
}

std::vector<View> SortedBy(View list, std::string_view key) {
  std::vector<View> items = list.Items();
  std::stable_sort(items.begin(), items.end(), [key](View a, View b) {
    return a[key].Text() < b[key].Text();
  });
  return items;
}

void MountLines(View container, Sheet& sheet) {
  const std::vector<View> mounts =
      SortedBy(container["volumeMounts"], "mountPath");
  const char* const none = mounts.empty() ? "\t<none>" : "";
  sheet.Write(2, "Mounts:{}\n", none);
  for (const View mount : mounts) {
    std::string flags = mount["readOnly"].Bool() ? "ro" : "rw";
    if (!mount["subPath"].empty()) {
      flags += ",path=" + Quoted(mount["subPath"].Text());
    }
    sheet.Write(3, "{} from {} ({})\n", mount["mountPath"].Text(),
                mount["name"].Text(), flags);
  }
  const std::vector<View> devices =
      SortedBy(container["volumeDevices"], "devicePath");
  if (!devices.empty()) sheet.Write(2, "Devices:{}\n", none);
  for (const View device : devices) {
    sheet.Write(3, "{} from {}\n", device["devicePath"].Text(),
                device["name"].Text());
  }
}

void OneContainer(const Subject& subject, View container, View status, View pod,
                  std::string_view indent, Sheet& sheet) {
  sheet.Write(1, "{}{}:\n", indent.empty() ? "" : " ",
              container["name"].Text());
  if (status.has()) {
    sheet.Write(2, "Container ID:\t{}\n", status["containerID"].Text());
  }
  sheet.Write(2, "Image:\t{}\n", container["image"].Text());
  if (status.has()) {
    sheet.Write(2, "Image ID:\t{}\n", status["imageID"].Text());
  }
  PortLine(container["ports"], "Port", "containerPort", sheet);
  PortLine(container["ports"], "Host Port", "hostPort", sheet);
  if (const View seccomp = container["securityContext"]["seccompProfile"];
      seccomp.has()) {
    sheet.Write(2, "SeccompProfile:\t{}\n", seccomp["type"].Text());
    if (seccomp["type"].Text() == "Localhost") {
      sheet.Write(3, "LocalhostProfile:\t{}\n",
                  seccomp["localhostProfile"].Text());
    }
  }
  WordLines("Command", container["command"], sheet);
  WordLines("Args", container["args"], sheet);
  if (status.has()) {
    StateLines(subject, "State", status["state"], sheet);
    if (status["lastState"]["terminated"].has()) {
      StateLines(subject, "Last State", status["lastState"], sheet);
    }
    sheet.Write(2, "Ready:\t{}\n", status["ready"].Bool() ? "True" : "False");
    sheet.Write(2, "Restart Count:\t{}\n", status["restartCount"].Int());
  }
  ResourceLines(container["resources"], 2, sheet);
  const std::initializer_list<std::pair<const char*, const char*>> kProbes = {
      {"Liveness", "livenessProbe"},
      {"Readiness", "readinessProbe"},
      {"Startup", "startupProbe"}};
  for (const auto& [title, key] : kProbes) {
    if (const View probe = container[key]; probe.has()) {
      sheet.Write(2, "{}:\t{}\n", title, ProbeText(probe));
    }
  }
  EnvironmentLines(container, pod, sheet);
  MountLines(container, sheet);
}

}  // namespace

void ResourceLines(View resources, int level, Sheet& sheet) {
  const std::initializer_list<std::pair<const char*, const char*>> kParts = {
      {"Limits", "limits"}, {"Requests", "requests"}};
  for (const auto& [title, key] : kParts) {
    const auto& amounts = resources[key].Members();
    if (!amounts.empty()) sheet.Write(level, "{}:\n", title);
    for (const auto& [name, amount] : amounts) {
      sheet.Write(
          level + 1, "{}:\t{}\n", name,
          kube::Quantity::ParseOrZero(View(amount).Scalar()).ToString());
    }
  }
}

void ContainerLines(const Subject& subject, std::string_view title,
                    View containers, View statuses, View pod,
                    std::string_view indent, Sheet& sheet) {
  sheet.Write(0, "{}{}:{}\n", indent, title,
              containers.Items().empty() ? " <none>" : "");
  for (const View container : containers.Items()) {
    View its_status;
    for (const View status : statuses.Items()) {
      if (status["name"].Text() == container["name"].Text()) {
        its_status = status;
      }
    }
    OneContainer(subject, container, its_status, pod, indent, sheet);
  }
}

}  // namespace kubescribe::output
