#include "fakes/workload_jobs.h"

#include <fmt/format.h>

#include <utility>

namespace kubescribe::fakes {
namespace {

constexpr char kCronJobs[] = "cronjobs.batch";
constexpr char kJobs[] = "jobs.batch";

}  // namespace

struct Jobs::Cron {
  std::string ns;
  std::string name;
  std::uint64_t runs = 0;
  std::string scheduled;
  std::string successful;  // empty: never yet
  bool running = false;
};

void Jobs::PutCron(const Cron& cron, const Job& active) {
  const std::string job =
      active == nullptr
          ? ""
          : fmt::format(R"("active":[{{"kind":"Job","namespace":"{}",)"
                        R"("name":"{}","uid":"{}","apiVersion":"batch/v1"}}],)",
                        cron.ns, active->name,
                        world_.UidOf(kJobs, cron.ns, active->name));
  world_.Put(
      kCronJobs, cron.ns, cron.name, CronJobTemplate(),
      {{"time", world_.Now()},
       {"applied", world_.Now()},
       {"api", "batch/v1"},
       {"app", cron.name},
       {"image", "registry.example/team/" + cron.name + ":v1"},
       {"active", job},
       {"scheduled", cron.scheduled},
       {"successful", cron.successful.empty() ? ""
                                              : R"(,"lastSuccessfulTime":")" +
                                                    cron.successful + '"'}});
}

void Jobs::PutJob(const Cron& cron, const Job& job, bool done, bool deleting) {
  const std::string deletion =
      deleting ? R"("deletionTimestamp":")" + world_.Now() +
                     R"(","deletionGracePeriodSeconds":0,)"
                     R"("finalizers":["foregroundDeletion"],)"
               : "";
  world_.Put(kJobs, cron.ns, job->name, JobTemplate(),
             {{"time", world_.Now()},
              {"api", "batch/v1"},
              {"app", cron.name},
              {"image", "registry.example/team/" + cron.name + ":v1"},
              {"owner", cron.name},
              {"owner_uid", world_.UidOf(kCronJobs, cron.ns, cron.name)},
              {"deletion", deletion},
              {"conditions", done ? Value(JobCompleteTemplate()) : Value("")},
              {"counts", done ? R"("succeeded":1,"ready":0,)"
                              : R"("active":1,"ready":0,)"}});
}

void Jobs::Fill(const Plan& plan) {
  for (std::size_t i = 0; i < plan.cron_jobs; ++i) {
    auto cron = std::make_shared<Cron>();
    cron->ns = world_.namespaces[i % world_.namespaces.size()];
    cron->name = fmt::format("report-{}", i);
    cron->scheduled = world_.Now();
    PutCron(*cron, nullptr);
    auto job = std::make_shared<Controller>();
    job->kind = PodOwnerKind::kJob;
    job->ns = cron->ns;
    job->name = fmt::format("{}-{}", cron->name, 29000000 + cron->runs++);
    job->changing = true;
    PutJob(*cron, job, true, false);
    pods_.Put(*pods_.Add(job, 0), Pods::kDone);
    finished_.emplace_back(cron, std::move(job));
    all_.push_back(std::move(cron));
  }
}

void Jobs::Run(const std::shared_ptr<Cron>& cron) {
  cron->running = true;
  auto job = std::make_shared<Controller>();
  job->kind = PodOwnerKind::kJob;
  job->ns = cron->ns;
  job->name = fmt::format("{}-{}", cron->name, 29000000 + cron->runs++);
  job->changing = true;
  world_.QueuePut([this, cron, job] { PutJob(*cron, job, false, false); });
  world_.QueuePut([this, cron, job] {
    cron->scheduled = world_.Now();
    PutCron(*cron, job);
  });
  pods_.QueueStart(pods_.Add(job, 0), Pods::kDone);
  world_.QueuePut([this, cron, job] { PutJob(*cron, job, true, false); });
  world_.QueuePut([this, cron, job] {
    cron->successful = world_.Now();
    cron->running = false;
    PutCron(*cron, nullptr);
    finished_.emplace_back(cron, job);
  });
}

// As ttlSecondsAfterFinished has it: in the foreground, the Pod before the Job.
// The oldest go when about two of each CronJob stand.
void Jobs::CleanUp() {
  const auto [cron, job] = std::move(finished_.front());
  finished_.pop_front();
  world_.QueuePut(
      [this, cron = cron, job = job] { PutJob(*cron, job, true, true); });
  if (!job->pods.empty()) {
    pods_.QueueStop(pods_.Shared(job->pods.front()), Pods::kDone);
  }
  world_.Queue(
      [this, job = job] { return world_.Delete(kJobs, job->ns, job->name); });
}

bool Jobs::Act() {
  if (all_.empty() || world_.Busy()) return false;
  const auto& cron = all_[world_.Below(all_.size())];
  if (!cron->running) Run(cron);
  if (finished_.size() >= 2 * all_.size()) CleanUp();
  return false;
}

}  // namespace kubescribe::fakes
