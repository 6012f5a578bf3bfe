// Checkpoints as the writer makes them: signed notes (C2SP signed-note and
// tlog-checkpoint; schema/formats/log.md). src/verify reads them with a parser
// of its own.
#pragma once

#include <cstdint>
#include <string>

#include "codec/ed25519.h"
#include "store/leaf.h"

namespace kubescribe::store {

// What the file's log is called in its checkpoints, and its keys too.
std::string LogOrigin(const std::string& file_id);

// The note of the tree of `size` leaves with this root.
std::string MakeNote(const std::string& origin, std::int64_t size,
                     const LogHash& root, const codec::Ed25519Key& key);

// The detail of a record `key`: `key` signs from here on. `old`, where there is
// one, vouches for it; `before` is the public key so far, "" if none.
std::string KeyDetail(const std::string& origin, const std::string& before,
                      const codec::Ed25519Key& key,
                      const codec::Ed25519Key* old);

// The public key that such a detail names, as base64; "" if none.
std::string PublicKeyIn(const std::string& key_detail);

// A public key as C2SP writes it: NAME+ID+BASE64.
std::string VerifierKey(const std::string& origin,
                        const codec::Ed25519Public& key);

}  // namespace kubescribe::store
