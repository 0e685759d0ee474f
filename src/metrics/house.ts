import type { Family } from "./text.ts";

/** What the rooms say of themselves when somebody asks. */
export interface HouseState {
  version: string;
  startedAt: number;
  inFlight: number;
  /** Requests that wait for a place: at the door, in an upstream's line, and for a place in the record's queue. */
  waiting: { door: number; upstream: number; record: number };
  writer: { waiting: number; batches: number; lastCommitMs: number; failures: number };
  isStorageHealthy: boolean;
  /** Requests without a row of their own, because storage failed. */
  unrecorded: number;
  /** How many keys are in each state. */
  keys: Readonly<Record<string, number>>;
  /** How often a secret that is being replaced was still shown, by the key's name. */
  retiringUses: readonly { name: string; uses: number }[];
  /** Names of keys whose rotation is due. */
  rotationDue: readonly string[];
  backup: { lastAt: number | null; failed: boolean };
  lagSeconds: number;
}

export function houseFamilies(state: HouseState): Family[] {
  const memory = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const gauge = (name: string, help: string, value: number): Family => ({
    name,
    help,
    type: "gauge",
    samples: [{ value }],
  });
  const counter = (name: string, help: string, value: number): Family => ({
    ...gauge(name, help, value),
    type: "counter",
  });
  return [
    {
      name: "zgate_build_info",
      help: "The version that runs.",
      type: "gauge",
      samples: [
        {
          labels: { version: state.version, bun: Bun.version, platform: `${process.platform}-${process.arch}` },
          value: 1,
        },
      ],
    },
    gauge("process_start_time_seconds", "When it started, seconds since 1970.", state.startedAt / 1000),
    gauge("process_resident_memory_bytes", "Memory that the process holds.", memory.rss),
    gauge("zgate_heap_bytes", "Memory that JavaScript uses.", memory.heapUsed),
    counter("process_cpu_seconds_total", "CPU time of all threads.", (user + system) / 1_000_000),
    gauge(
      "zgate_event_loop_lag_seconds",
      "How late the traffic thread was at worst within a minute.",
      state.lagSeconds,
    ),
    gauge("zgate_requests_in_flight", "Requests that are being answered.", state.inFlight),
    {
      name: "zgate_requests_waiting",
      help: "Requests that wait: at the door, for an upstream's place, for a place in the record's queue.",
      type: "gauge",
      samples: Object.entries(state.waiting).map(([where, value]) => ({ labels: { where }, value })),
    },
    gauge("zgate_storage_healthy", "1 while rows can be written.", state.isStorageHealthy ? 1 : 0),
    counter(
      "zgate_unrecorded_requests_total",
      "Requests without a row of their own: storage failed.",
      state.unrecorded,
    ),
    gauge("zgate_writer_waiting", "Changes that wait for the writer, rows of requests apart.", state.writer.waiting),
    counter("zgate_commits_total", "Transactions since the start.", state.writer.batches),
    counter("zgate_commit_failures_total", "Transactions that failed.", state.writer.failures),
    gauge("zgate_last_commit_seconds", "How long the last transaction took.", state.writer.lastCommitMs / 1000),
    {
      name: "zgate_keys",
      help: "Client keys by state.",
      type: "gauge",
      samples: Object.entries(state.keys).map(([key, value]) => ({ labels: { state: key }, value })),
    },
    {
      name: "zgate_retiring_secret_uses_total",
      help: "Requests with a secret that is being replaced, by key: who has not changed over yet.",
      type: "counter",
      samples: state.retiringUses.map(({ name, uses }) => ({ labels: { key: name }, value: uses })),
    },
    {
      name: "zgate_key_rotation_due",
      help: "1 for each key that its owner wanted rotated by now.",
      type: "gauge",
      samples: state.rotationDue.map((key) => ({ labels: { key }, value: 1 })),
    },
    gauge(
      "zgate_backup_last_seconds",
      "When the last scheduled backup of this run was done, seconds since 1970; 0: none yet.",
      (state.backup.lastAt ?? 0) / 1000,
    ),
    gauge("zgate_backup_failed", "1 when the last scheduled backup failed.", state.backup.failed ? 1 : 0),
  ];
}
