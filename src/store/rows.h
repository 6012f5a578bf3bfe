// Reading rows into the structs of types.h: the column lists and the functions
// that read them in the same order. Private to store.
#pragma once

#include "store/db.h"
#include "store/types.h"

namespace kubescribe::store {

// Of `stream s JOIN resource k`.
inline constexpr const char* kStreamColumns =
    "s.id, k.api_group, k.resource, s.namespace, s.label_selector, "
    "s.field_selector, s.resource_id, s.api_version, s.state, s.message, "
    "s.position, s.epoch, s.flowing, s.flowed_until, s.confirmed_at, "
    "s.last_event_at, s.gap_cause, s.gap_from_rv, s.gap_from_at, "
    "s.gap_changed, s.gap_appeared";
StreamRow ReadStream(const Query& row);

// Of `object`.
inline constexpr const char* kObjectColumns =
    "id, resource_id, stream_id, namespace, name, uid, alive, seq, rv, epoch, "
    "changed_at, recorded_at";
inline constexpr int kObjectColumnCount = 12;
ObjectRow ReadObject(const Query& row);

// Of `object o JOIN revision v`.
inline constexpr const char* kRevisionColumns =
    "v.seq, v.object_id, o.resource_id, v.stream_id, v.epoch, o.namespace, "
    "o.name, o.uid, v.event, v.source, v.rv, v.list_rv, v.api_version, "
    "v.recorded_at, v.not_before, v.changed_at, v.evidence, v.late, "
    "v.body_kind";
Revision ReadRevision(const Query& row);

// The one row of meta, and the schema's version; `path` is not filled in.
FileInfo ReadInfo(Db& db);

}  // namespace kubescribe::store
