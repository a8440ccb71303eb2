// Shapes of the API's answers that the pages beside Now and Test use (README.md, "JSON output").
import type { Verdict } from "./types";

export interface PassValue {
  exceeded: boolean;
  limit: string;
  quantity: string;
  screening: boolean;
  unit: string;
  value: string;
}

/** A row of `passes`, and a `pass` event. */
export interface PassRow {
  at: string;
  colour: string;
  id: string;
  instrument: string;
  lane?: number;
  plate: string;
  reasons: string[];
  repeat: number;
  seq: number;
  valid: boolean;
  values: PassValue[];
  verdict: string;
}

export interface Due {
  assumed: boolean;
  clause: string;
  deadline: string;
  due_at: string;
  en: string;
  from_at: string;
  overdue: boolean;
  source: string;
  status: string;
  zh: string;
}

export interface CaseRow {
  case: string;
  colour: string;
  created_at: string;
  due: Due[];
  ended: boolean;
  ground: number | null;
  method: string;
  number: string;
  plate: string;
  police: string;
  repair: string;
  retest: string;
  reviewer1: string;
  reviewer2: string;
  sealed: boolean;
  seq: number;
  state: string;
  subject: string;
  tester: string;
}

export interface CaseStep {
  act: string;
  at: string;
  detail: string;
  event: number;
  from: string;
  ground: number | null;
  n: number;
  number: string;
  officer: string;
  police: string;
  reason: string;
  role: string;
  to: string;
  track: "penalty" | "repair";
  until: string;
}

export interface NextAct {
  act: string;
  needs: string[];
  roles: string[];
}

export interface OutboxRow {
  attempts: number;
  case: string;
  created_at: string;
  last_at: string | null;
  last_status: string;
  next_at: string | null;
  outlet: string;
  receipt_id: string;
  state: string;
  subject: string;
}

export interface Case extends CaseRow {
  decisions: { at: string; decision: string; n: number; outlet: string; stage: string }[];
  deliveries: OutboxRow[];
  next: NextAct[];
  steps: CaseStep[];
}

export interface Photo {
  event: number;
  height: number;
  name: string;
  officer: string;
  sha256: string;
  shows: string;
  size: number;
  taken: string;
  width: number;
}

export interface Alert {
  alert: string;
  at: string;
  evidence: Record<string, unknown>;
  seq: number;
  subject: string;
}

export interface Fact {
  by?: string;
  key: string;
  previous?: string;
  previous_in?: string;
  source: string;
  value: string;
}

export interface StoredRecord {
  basis?: { day: string; exceeded: string[]; id: string; valid: boolean }[];
  clock: { source: string; synchronised: boolean };
  ended_at: string;
  files: { name: string; sha256: string; size: number }[];
  id: string;
  instruments: { certificate?: string; name: string; serial?: string; model?: string; valid_until?: string }[];
  joined?: { age_ms: number; instrument: string; quantity: string; unit: string; value: string }[];
  method: string;
  officers: { certificate?: string; number: string; registered?: boolean; role: string }[];
  passage?: { device_time?: string; lane?: number; line?: string; readings: { quality: string; quantity: string; unit: string; value: string }[]; site?: string };
  rules: { pack: string; rule: string; version: string };
  started_at: string;
  vehicle: { colour: string; facts: Fact[]; plate: string; plate_source?: string };
  verdict: RecordVerdict;
}

/** The verdict as the record has it. */
export type RecordVerdict = Omit<Verdict, "values"> & {
  pack: { id: string; version: string };
  values: (PassValue & { at_least: boolean; clause: string; measured: string; point: number; status: string })[];
};

/** `test show` and `passes ID`. */
export interface Shown {
  colour: string;
  ended_at?: string | null;
  files?: { name: string; sha256: string; size: number }[];
  id: string;
  method?: string;
  plate: string;
  record: StoredRecord | null;
  seq: number;
  started_at?: string;
  verdict: string;
  void_reason?: string;
}

export interface Readings {
  limits: { limit: string; quantity: string; unit: string }[];
  marks: RecordVerdict["marks"];
  series: { instrument: string; quantity: string; t_ms: number[]; unit: string; values: (string | null)[] }[];
}
