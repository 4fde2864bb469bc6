// Every bound of the server in one place (safety section 5.6). The numbers here are the defaults;
// some have a key (named in the comment), the simulator shrinks any of them. Plain values: any
// thread; constant after start.
#pragma once

#include <cstddef>
#include <cstdint>

namespace okapi {

struct Limits {
  // --- frames and replies ---
  // Longest frame accepted from a client, equality allowed; also the bound of a record (key
  // jute.maxbuffer).
  int32_t frame_bytes_max = 1'048'575;
  // Slack above frame_bytes_max for records read from disk (key jute.maxbuffer.extrasize; unset:
  // the same as frame_bytes_max, at least 1024).
  int32_t disk_record_extra_bytes = 1'048'575;
  // Memory of one connection before its session exists; a frame grows as its bytes arrive.
  size_t unauthenticated_bytes_max = 64 * 1024;
  size_t frame_growth_step_bytes = 64 * 1024;
  // Frames above this count as large (key largeRequestThreshold; -1 = none is).
  int32_t large_request_threshold_bytes = -1;
  // Sum of large frames in work (key largeRequestMaxBytes).
  int32_t large_request_bytes_max = 104'857'600;
  // Unread reply bytes of one connection: reading from it stops at half, the connection ends at
  // the bound, or at four times the reply if one reply is larger than that (key maxOutboxBytes).
  int64_t outbox_bytes_max = 67'108'864;

  // --- requests ---
  // Requests in the pipeline, all connections; then sockets are not read (globalOutstandingLimit).
  int32_t outstanding_requests_max = 1'000;
  // Requests of one connection in flight.
  int32_t connection_requests_in_flight_max = 1'000;
  int32_t multi_ops_max = 100'000;
  // Identities that one connection may gather by auth packets.
  int32_t identities_per_connection_max = 1'000;
  // Entries of one ACL list after `auth` entries were expanded.
  int32_t acl_entries_max = 100'000;
  // 0 = no bound (key maxWatchesPerConnection).
  int64_t watches_per_connection_max = 0;
  // Items in one worker's feed; past it no worker reads its sockets.
  size_t feed_items_max = 65'536;

  // --- connections and sessions ---
  // From one address; 0 = no bound (key maxClientCnxns).
  int32_t connections_per_ip_max = 60;
  // Of one listener; 0 = no bound (key maxCnxns).
  int32_t connections_max = 0;
  // Sessions that may live at once, far above what is useful: protects memory.
  int64_t sessions_max = 16'000'000;
  // Descriptors kept for files and peers: clients are refused first.
  int32_t reserved_descriptors = 64;
  // Refused re-attachments and authentications from one address in a minute; its connections after
  // that wait refused_delay_ms.
  int32_t refused_per_minute_max = 100;
  int32_t refused_delay_ms = 1'000;

  // --- election port ---
  // Accepted connections that have not said who they are; the oldest goes for a new one.
  size_t election_half_open_max = 128;
  // Links with, or dials of, servers that no configuration names.
  size_t election_strangers_max = 10;
  // Messages waiting to be parsed; past it each connection keeps its newest only.
  size_t election_backlog_max = 100;
  // In one turn of one listener and of one connection, so that no peer holds up the others.
  size_t election_accepts_per_turn_max = 256;
  size_t election_read_bytes_per_turn_max = 64 * 1024;

  // --- quorum port ---
  // Accepted connections that have not said what they are; the oldest goes for a new one.
  size_t learners_silent_max = 64;
  // All connections of learners; past it the next is refused.
  size_t learners_max = 1'000;
  // Bytes waiting for one peer. Most are shared with the log in memory and with the other links:
  // all that a leader keeps for its learners must fit.
  size_t quorum_outbox_bytes_max = size_t{1} << 30;
  // Of a log or tree on its way to a learner, in the outbox; the rest stays where it is.
  size_t quorum_stream_bytes_max = 256 * 1024;
  // Packets of one peer that QuorumPeer has not dealt with; past it the socket is not read.
  size_t quorum_mail_bytes_max = 4 * 1024 * 1024;
  // In one turn of one connection.
  size_t quorum_read_bytes_per_turn_max = 256 * 1024;

  // --- log, snapshot, memory ---
  // Bytes that one write of the transaction log may carry; a larger batch is written in parts.
  size_t log_batch_bytes_max = 4 * 1024 * 1024;
  // Zeroed ahead of the log's end while batches are small.
  size_t log_zero_ahead_bytes = 256 * 1024;
  size_t log_zero_ahead_batch_bytes_max = 16 * 1024;
  // Children copied in one hold of a shard lock.
  size_t child_names_per_slice_max = 1'000;
  // Nodes counted in one hold by getAllChildrenNumber and getEphemerals.
  size_t nodes_per_walk_hold_max = 10'000;
  // 0 = off (key memoryLimitMb).
  int64_t memory_limit_mb = 0;

  // --- admin ---
  size_t admin_connections_max = 4;
  size_t admin_header_bytes_max = 8 * 1024;
};

}  // namespace okapi
