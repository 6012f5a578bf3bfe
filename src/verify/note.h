// Checkpoints as they are read (C2SP signed-note and tlog-checkpoint): the
// verifier's parser, and its public keys.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/ed25519.h"
#include "verify/merkle.h"

namespace kubescribe::verify {

struct NoteSignature {
  std::string name;
  std::array<std::uint8_t, 4> key_id{};
  codec::Ed25519Signature signature{};
};

struct Note {
  std::string text;  // what is signed, with its last line break
  std::string origin;
  std::int64_t size = 0;
  Hash root{};
  std::vector<NoteSignature> signatures;  // those of the length of Ed25519's
};

// All notes of a text, one behind the other, blank lines between them or not.
// kInvalid: something in it is none; the message says which line.
Result<std::vector<Note>> ParseNotes(std::string_view text);

// "NAME+ID+BASE64" as C2SP writes it, or the base64 of the 32 bytes alone.
// kInvalid.
Result<codec::Ed25519Public> ParsePublicKey(std::string_view text);

// Is the note signed by this key under its origin's name?
bool SignedBy(const Note& note, const codec::Ed25519Public& key);

}  // namespace kubescribe::verify
