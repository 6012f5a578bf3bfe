#include "kubescribed/dry_run.h"

#include <fmt/format.h>

#include <iostream>
#include <optional>
#include <vector>

#include "kube/discovery.h"
#include "kubescribed/selection.h"
#include "net/client.h"
#include "watch/discoverer.h"
#include "watch/fetch.h"
#include "watch/list_gate.h"
#include "watch/target.h"

namespace kubescribe::daemon {
namespace {

struct Question {
  watch::StreamSpec spec;
  std::string answer;
  bool readable = false;
};

// Asks one question after the other; ends the loop after the last.
class Asker {
 public:
  Asker(const config::Config& config, const config::ClusterConfig& cluster,
        net::Loop& loop, net::HttpClient& client)
      : cluster_(cluster),
        loop_(loop),
        gate_({}, loop),
        discoverer_(client, gate_, config.requests.deadline),
        fetch_(client, gate_, config.requests.deadline) {}

  void Start() {
    discoverer_.Start([this](watch::Discoverer::Answer answer) {
      if (answer.failure) {
        failure_ = answer.failure->message;
        loop_.Stop();
        return;
      }
      doubtful_ = DoubtfulRules(cluster_, answer.discovery);
      const auto specs = watch::SpecsOf(
          answer.discovery,
          [this](const auto& kind) { return SelectionsOf(cluster_, kind); });
      for (const auto& spec : specs) questions_.push_back({spec, "", false});
      AskNext();
    });
  }

  const std::optional<std::string>& failure() const { return failure_; }
  const std::vector<Question>& questions() const { return questions_; }
  const std::vector<std::string>& doubtful() const { return doubtful_; }

 private:
  void AskNext() {
    if (next_ == questions_.size()) {
      loop_.Stop();
      return;
    }
    Question& question = questions_[next_];
    fetch_.Start(watch::ListTarget(question.spec, 1, ""), "application/json",
                 [this, &question](watch::FetchAnswer answer) {
                   question.readable = !answer.failure;
                   question.answer =
                       answer.failure ? answer.failure->message : "yes";
                   ++next_;
                   AskNext();
                 });
  }

  const config::ClusterConfig& cluster_;
  net::Loop& loop_;
  watch::ListGate gate_;
  watch::Discoverer discoverer_;
  watch::Fetch fetch_;
  std::vector<Question> questions_;
  std::vector<std::string> doubtful_;
  std::size_t next_ = 0;
  std::optional<std::string> failure_;
};

}  // namespace

Result<bool> DryRun(const config::Config& config,
                    const config::ClusterConfig& cluster, net::Loop& loop) {
  auto connection = config::ConnectionOf(cluster);
  if (!connection.ok()) return connection.error();
  const auto client = net::MakeClient(loop, *connection);
  Asker asker(config, cluster, loop, *client);
  asker.Start();
  loop.Run();
  if (asker.failure()) {
    return Error(Code::kUnavailable, *asker.failure())
        .Wrap("cluster " + cluster.name + ": discovery at " +
              connection->server);
  }
  std::size_t width = 8;
  for (const auto& question : asker.questions()) {
    width = std::max(width, question.spec.Name().size());
  }
  std::size_t readable = 0;
  std::cout << fmt::format("{:<{}}   READABLE\n", "RESOURCE", width);
  for (const auto& question : asker.questions()) {
    std::cout << fmt::format("{:<{}}   {}\n", question.spec.Name(), width,
                             question.answer);
    readable += question.readable ? 1 : 0;
  }
  std::cout << fmt::format("cluster {}: {} of {} may be read\n", cluster.name,
                           readable, asker.questions().size());
  for (const auto& advice : asker.doubtful()) {
    std::cerr << fmt::format("kubescribed: {}: {}\n", cluster.name, advice);
  }
  return readable != 0;
}

}  // namespace kubescribe::daemon
