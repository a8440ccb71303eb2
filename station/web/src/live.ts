// The station's live feed (GET /api/v1/live, server-sent events): kept open for as long as the page is, taken up again after the last
// event that arrived when the Wi-Fi drops. What an event means is its listeners' business.
import { get, session, url } from "./api";
import { resumeSession } from "./session";
import { Store } from "./store";
import type { SampleEvent, Status, TestEvent } from "./types";

export interface LiveEvents {
  status: Status;
  sample: SampleEvent;
  test: TestEvent;
  pass: Record<string, unknown>;
  case: { case: string; act: string; state: string };
  alert: Record<string, unknown>;
  suggestion: Record<string, unknown>;
  lockout: Record<string, unknown>;
  /** events were missed: whoever shows something reads it again */
  reset: Record<string, unknown>;
}
const NAMES: (keyof LiveEvents)[] = ["status", "sample", "test", "pass", "case", "alert", "suggestion", "lockout", "reset"];

/** A status comes every 5 s at least; when nothing has come for so long the line is dead, whatever the browser believes. */
const SILENCE_MS = 12_000;
const RETRY_MS = [500, 1000, 2000, 5000];

/** The newest status and when it arrived, by performance.now(): ages run on from there. */
export const status = new Store<{ status: Status; at: number } | null>(null);
/** Since when the connection is what it is. */
export const connection = new Store<{ state: "connecting" | "open" | "lost"; since: number }>({ state: "connecting", since: performance.now() });

type Listener = (data: never) => void;
const listeners = new Map<string, Set<Listener>>();

/** Calls `listener` for each event of that name; gives the function that ends it. */
export function onLive<K extends keyof LiveEvents>(name: K, listener: (data: LiveEvents[K]) => void): () => void {
  const set = listeners.get(name) ?? new Set<Listener>();
  listeners.set(name, set);
  set.add(listener as Listener);
  return () => set.delete(listener as Listener);
}

let source: EventSource | null = null;
let lastId = "";
let heardAt = 0;
let failures = 0;
let retry: ReturnType<typeof setTimeout> | undefined;

/** The id of the newest event. */
export function lastEventId(): string {
  return lastId;
}

function tell(name: keyof LiveEvents, event: MessageEvent<string>): void {
  heardAt = performance.now();
  failures = 0;
  if (event.lastEventId) lastId = event.lastEventId;
  let data: unknown;
  try {
    data = JSON.parse(event.data || "{}");
  } catch {
    return; // half a message of a connection that broke: the next one catches up
  }
  if (name === "status") takeStatus(data as Status);
  if (name === "reset") void readStatus();
  for (const listener of listeners.get(name) ?? []) listener(data as never);
}

function takeStatus(now: Status): void {
  status.set({ status: now, at: performance.now() });
}

function setState(state: "connecting" | "open" | "lost"): void {
  if (connection.get().state !== state) connection.set({ state, since: performance.now() });
}

function close(): void {
  clearTimeout(retry);
  source?.close();
  source = null;
}

function lost(): void {
  close();
  setState("lost");
  const wait = RETRY_MS[Math.min(failures, RETRY_MS.length - 1)];
  failures++;
  retry = setTimeout(() => void reopen(), wait);
}

/** A connection that was lost may have outlived the session, or smogd. */
async function reopen(): Promise<void> {
  await resumeSession();
  void readStatus(); // where the feed does not open for a while, the page is not blind
  open();
}

function open(): void {
  close();
  heardAt = performance.now();
  const now = new EventSource(url("live", { last: lastId }));
  source = now;
  now.onopen = () => {
    heardAt = performance.now();
    setState("open");
    void readStatus();
  };
  now.onerror = () => {
    if (source === now) lost();
  };
  for (const name of NAMES) now.addEventListener(name, (event) => tell(name, event as MessageEvent<string>));
}

/** Reads the status once, for a page that cannot wait for the next event of the feed. */
export async function readStatus(): Promise<void> {
  try {
    takeStatus(await get<Status>("status"));
  } catch {
    // the feed brings one
  }
}

/** Opens the feed and keeps it open. `from`: the id of an event after which to begin, so that a reloaded page sees its test's curve. */
export function startLive(from: string): void {
  lastId = from;
  open();
  addEventListener("offline", lost);
  addEventListener("online", () => void reopen());
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && connection.get().state !== "open") void reopen();
  });
  setInterval(() => {
    if (source && performance.now() - heardAt > SILENCE_MS) lost();
  }, 1000);
  let officer = session.get()?.officer;
  session.subscribe(() => {
    const now = session.get()?.officer;
    if (now && now !== officer && connection.get().state !== "open") open(); // a feed that was refused before the login
    officer = now;
  });
}
