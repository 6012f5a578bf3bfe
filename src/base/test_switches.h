// Test switches: points where a test kills the process, and the seeded
// mistakes (mutants) that the tests must find. Release builds have neither.
//
//   KUBESCRIBE_KILL_POINT("tx.rows");      // a place worth dying at
//   if (Mutant(3)) return;                 // the mistake with the number 3
//
// KUBESCRIBE_KILL_AT=NAME:N in the environment kills the process by SIGKILL
// when the point NAME is reached for the Nth time; "*:N" counts all points
// together. KUBESCRIBE_KILL_LOG=FILE appends the name of every point reached,
// one a line, so that a test can learn which there are. KUBESCRIBE_MUTANT=N
// switches the mistake N on. KUBESCRIBE_SLOW_DISK=N makes every write to a
// database's files and every sync of them last N microseconds longer.
// KUBESCRIBE_NOW=N lets the wall clock stand at N, microseconds since 1970.
//
// All of it only where KUBESCRIBE_TEST_SWITCHES is defined (presets debug,
// asan, tsan); otherwise both compile to nothing and false. Any thread.
#pragma once

#include <optional>

#include "base/clock.h"

namespace kubescribe {

#ifdef KUBESCRIBE_TEST_SWITCHES

void ReachKillPoint(const char* name);
bool Mutant(int number);
// KUBESCRIBE_NOW; as it was when this was first called.
std::optional<Micros> FixedNow();

// The environment is read once; a child after fork() reads it anew with this
// and has reached no point yet.
void RereadTestSwitches();

#define KUBESCRIBE_KILL_POINT(name) ::kubescribe::ReachKillPoint(name)

#else

constexpr bool Mutant(int /*number*/) { return false; }
constexpr std::optional<Micros> FixedNow() { return std::nullopt; }

#define KUBESCRIBE_KILL_POINT(name) static_cast<void>(0)

#endif

}  // namespace kubescribe
