#include "codec/digest_batch.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#ifdef KUBESCRIBE_IPSEC_MB
#include <intel-ipsec-mb.h>
#endif

namespace kubescribe::codec {

#ifdef KUBESCRIBE_IPSEC_MB

struct Sha256Batch::Pairs {
  struct Free {
    void operator()(IMB_MGR* manager) const { free_mb_mgr(manager); }
  };
  std::unique_ptr<IMB_MGR, Free> manager;

  // Null where the processor has no instructions for it: what the library does
  // there instead is slower than OpenSSL.
  static std::unique_ptr<Pairs> Make() {
    auto pairs = std::make_unique<Pairs>();
    pairs->manager.reset(alloc_mb_mgr(0));
    IMB_MGR* manager = pairs->manager.get();
    if (manager == nullptr) return nullptr;
    // Of its kinds the only one that uses them for SHA-256.
    init_mb_mgr_sse(manager);
    constexpr std::uint64_t kNeeds = IMB_FEATURE_SHANI | IMB_FEATURE_SSE4_2;
    if (imb_get_errno(manager) != 0 || (manager->features & kNeeds) != kNeeds) {
      return nullptr;
    }
    return pairs;
  }

  void Submit(std::string_view text, Sha256Digest& digest) const {
    IMB_JOB* job = IMB_GET_NEXT_JOB(manager.get());
    *job = {};
    job->cipher_mode = IMB_CIPHER_NULL;
    job->cipher_direction = IMB_DIR_ENCRYPT;
    job->chain_order = IMB_ORDER_HASH_CIPHER;
    job->hash_alg = IMB_AUTH_SHA_256;
    job->src = AsBytes(text).data();
    job->msg_len_to_hash_in_bytes = text.size();
    job->auth_tag_output = digest.data();
    job->auth_tag_output_len_in_bytes = digest.size();
    for (job = IMB_SUBMIT_JOB(manager.get()); job != nullptr;
         job = IMB_GET_COMPLETED_JOB(manager.get())) {
      Took(*job);
    }
  }

  void Flush() const {
    while (const IMB_JOB* job = IMB_FLUSH_JOB(manager.get())) Took(*job);
  }

 private:
  // What the library refuses is done by OpenSSL.
  static void Took(const IMB_JOB& job) {
    if (job.status == IMB_STATUS_COMPLETED) return;
    const Sha256Digest digest = Sha256Of(AsText(
        {job.src, static_cast<std::size_t>(job.msg_len_to_hash_in_bytes)}));
    std::copy(digest.begin(), digest.end(), job.auth_tag_output);
  }
};

Sha256Batch::Sha256Batch() : pairs_(Pairs::Make()) {}

#else

struct Sha256Batch::Pairs {
  void Submit(std::string_view text, Sha256Digest& digest) const {
    digest = Sha256Of(text);
  }
  void Flush() const {}
};

Sha256Batch::Sha256Batch() = default;

#endif

Sha256Batch::~Sha256Batch() = default;

std::span<const Sha256Digest> Sha256Batch::Finish() {
  digests_.resize(texts_.size());
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    // Nothing is a text, too, and the library takes none.
    if (pairs_ != nullptr && !texts_[i].empty()) {
      pairs_->Submit(texts_[i], digests_[i]);
    } else {
      digests_[i] = Sha256Of(texts_[i]);
    }
  }
  if (pairs_ != nullptr) pairs_->Flush();
  texts_.clear();
  return digests_;
}

}  // namespace kubescribe::codec
