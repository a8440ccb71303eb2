// Shapes of the API's answers, as far as the page uses them: those of `smogctl --json` (README.md, "JSON output").

export interface Officer {
  officer: string;
  name: string;
  role: Role;
}
export type Role = "ecology" | "police" | "technician" | "supervisor" | "auditor";

export interface Session extends Officer {
  csrf: string;
  idle_s: number;
  expires_at: string;
  second?: (Officer & { until: string }) | null;
}

export interface Value {
  age_ms: number;
  quality: "ok" | "warm-up" | "suspect" | "out-of-range" | "stale";
  unit: string;
  value: string;
}

export interface Instrument {
  age_ms?: number;
  calibrated: string;
  certificate: string;
  detail: string;
  driver: string;
  firmware: string;
  link: string;
  model: string;
  name: string;
  port: string;
  samples: number;
  serial: string;
  serial_read: string;
  since: string;
  state: "offline" | "connected" | "live" | "stale";
  status: string;
  texts: Record<string, { age_ms: number; value: string }>;
  unsent: number;
  valid_until: string;
  values: Record<string, Value>;
}

export interface Lockout {
  blocks: string[];
  by: "station" | "supervisor";
  clear: string;
  clear_zh: string;
  code: string;
  instrument?: string;
  plate?: string;
  colour?: string;
  since: string;
  title: string;
  title_zh: string;
  what: string;
}

export interface Limit {
  at_least: boolean;
  clause: string;
  limit: string;
  point: string;
  quantity: string;
  screening: boolean;
  unit: string;
}

/** `status.test`: the test that runs. */
export interface RunningTest {
  colour: string;
  id: string;
  limit: number;
  method: string;
  plate: string;
  prompt: string;
  /** what it is judged by */
  limits?: Limit[];
  started_at: string;
  t_ms: number;
  unsaved?: string;
  value: number;
}

export interface Status {
  cameras: { name: string; problem: string; stored: number }[];
  clock: { at: string; error_ms?: number; source: string; synchronised: boolean };
  console: { connections: number; listen: string; problem: string } | null;
  daemon: { running: boolean; uptime_ms: number; version: string; binary_sha256: string };
  disk: { free_mb: number; held_mb: number; needed_mb: number; problem: string; reserve_mb: number; state: string };
  instruments: Instrument[];
  journal: { events: number; root: string; trouble: string; waiting: number };
  lockouts: Lockout[];
  officers: { enabled: number; registered: number };
  outbox: { refused: number; sent: number; unknown: number; waiting: number };
  passages: { lost: number; repeated: number; stored: number };
  push: { about: string; since: string; text: string }[];
  station: { id: string; kind: string; name: string };
  test: RunningTest | null;
}

/** A value against its limit, in a verdict (station/core/verdict.h). */
export interface VerdictValue {
  at_least: boolean;
  clause: string;
  exceeded: boolean;
  limit: string;
  measured: string;
  point: string | number;
  quantity: string;
  screening: boolean;
  status: string;
  unit: string;
  value: string;
}

export interface Verdict {
  kind: string;
  marks: Mark[];
  reasons: string[];
  values: VerdictValue[];
}

export interface Mark {
  counted: boolean;
  from_ms: number;
  kind?: string;
  mark?: string;
  number: number;
  quantity?: string;
  to_ms: number;
  unit?: string;
  value?: string;
}

export interface ShownTest {
  colour: string;
  ended_at: string;
  id: string;
  method: string;
  plate: string;
  record: { verdict: Verdict; vehicle: { facts: { by: string; key: string; source: string; value: string }[] }; rules: { class: string; pack: string; rule: string; version: string } } | null;
  seq: number;
  started_at: string;
  verdict: string;
  void_reason: string;
}

export interface Suggestion {
  age_ms: number;
  at: string;
  camera: string;
  chars?: { confidence: string; char: string }[] | string;
  colour?: string;
  confidence?: string;
  files: { name: string; sha256: string; size: number }[];
  id: string;
  plate?: string;
  plate_read?: string;
  vehicle_type?: string;
}

/** An earlier test of a plate, as in `plate`. */
export interface TestRow {
  colour: string;
  ended_at: string;
  id: string;
  method: string;
  plate: string;
  seq: number;
  started_at: string;
  verdict: string;
  void_reason: string;
}

// ---- the live feed ----

export interface SampleEvent {
  t_ms: number;
  at: string;
  instrument: string;
  values: Record<string, string>;
  /** of those that are not good */
  quality?: Record<string, string>;
}

export type TestEvent = { test: string } & (
  | { event: "start"; plate?: string; colour?: string; method?: string }
  | { event: "prompt"; prompt: string; t_ms: number; value: number; limit: number }
  | ({ event: "mark"; mark: string } & Mark)
  | { event: "end"; verdict: string; reasons: string[] }
  | { event: "void"; verdict: string }
);
