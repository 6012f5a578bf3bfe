#include "fakes/tls.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>

namespace kubescribe::fakes {
namespace {

template <typename T, void (*Free)(T*)>
struct Deleter {
  void operator()(T* pointer) const { Free(pointer); }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY, EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, Deleter<X509, X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION,
                                  Deleter<X509_EXTENSION, X509_EXTENSION_free>>;
using Bio = std::unique_ptr<BIO, Deleter<BIO, BIO_free_all>>;

void Check(bool ok) {
  if (ok) return;
  std::fputs("kubescribe-sim: OpenSSL cannot make a certificate\n", stderr);
  std::abort();
}

std::string Text(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

void AddExtension(X509* certificate, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  Check(extension != nullptr &&
        X509_add_ext(certificate, extension.get(), -1) == 1);
}

Bio Reader(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::uint32_t RandomSerial() {
  std::uint32_t serial = 0;
  Check(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) ==
        1);
  return serial >> 1;
}

}  // namespace

Certificate MakeCertificate(const CertificateSpec& spec,
                            const Certificate* issuer) {
  const Key key(EVP_EC_gen("P-256"));
  Check(key != nullptr);
  const X509Ptr certificate(X509_new());
  Check(certificate != nullptr);
  X509* x = certificate.get();
  X509_set_version(x, 2);
  // Two CAs of one name and serial would be taken for each other.
  ASN1_INTEGER_set(X509_get_serialNumber(x), RandomSerial());
  X509_gmtime_adj(X509_getm_notBefore(x), spec.from);
  X509_gmtime_adj(X509_getm_notAfter(x), spec.until);
  X509_set_pubkey(x, key.get());
  X509_NAME* name = X509_get_subject_name(x);
  X509_NAME_add_entry_by_txt(
      name, "CN", MBSTRING_ASC,
      reinterpret_cast<const unsigned char*>(spec.name.c_str()), -1, -1, 0);
  AddExtension(x, NID_basic_constraints,
               spec.ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
  AddExtension(x, NID_subject_alt_name, spec.hosts.c_str());
  const EVP_MD* digest = spec.sha1 ? EVP_sha1() : EVP_sha256();
  if (issuer == nullptr) {
    X509_set_issuer_name(x, name);
    Check(X509_sign(x, key.get(), digest) > 0);
  } else {
    const Bio issuer_bio = Reader(issuer->certificate_pem);
    const X509Ptr by(
        PEM_read_bio_X509(issuer_bio.get(), nullptr, nullptr, nullptr));
    const Bio issuer_key_bio = Reader(issuer->key_pem);
    const Key by_key(PEM_read_bio_PrivateKey(issuer_key_bio.get(), nullptr,
                                             nullptr, nullptr));
    Check(by != nullptr && by_key != nullptr);
    X509_set_issuer_name(x, X509_get_subject_name(by.get()));
    Check(X509_sign(x, by_key.get(), digest) > 0);
  }

  const Bio certificate_bio(BIO_new(BIO_s_mem()));
  const Bio key_bio(BIO_new(BIO_s_mem()));
  Check(PEM_write_bio_X509(certificate_bio.get(), x) == 1);
  Check(PEM_write_bio_PrivateKey(key_bio.get(), key.get(), nullptr, nullptr, 0,
                                 nullptr, nullptr) == 1);
  return {Text(certificate_bio.get()), Text(key_bio.get())};
}

Certificate MakeCertificate() {
  CertificateSpec spec;
  spec.ca = true;
  return MakeCertificate(spec);
}

}  // namespace kubescribe::fakes
