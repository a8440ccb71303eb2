// The running test as the live feed tells it: prompt, curve, marks, end. It listens for as long as the page is open, so that a look at
// another page loses nothing of the curve; after a reload the feed begins again at the test's start (main.tsx).
import { ApiError, get } from "./api";
import { readDraft, writeDraft } from "./draft";
import { lastEventId, onLive, status } from "./live";
import { Store } from "./store";
import type { Mark, RunningTest, SampleEvent, ShownTest, TestEvent } from "./types";

export interface Series {
  /** ms since the test's start, rising */
  t: number[];
  /** null: readings are missing here; the line is broken, never drawn across */
  v: (number | null)[];
  unit?: string;
}

export interface Prompt {
  name: string;
  value: number;
  limit: number;
  /** performance.now() when it came: remaining times run from there */
  at: number;
}

/** The test that this page shows, until "next vehicle". */
export interface Current {
  id: string;
  plate: string;
  colour: string;
  method: string;
  /** the feed's event before its first one, for catching up after a reload */
  from: string;
  ended: boolean;
}

const NAME = "current-test";
/** readings further apart than this leave a hole in the curve */
const GAP_MS = 1500;

export const current = new Store<Current | null>(readDraft<Current | null>(NAME, null));
export const prompt = new Store<Prompt | null>(null);
export const marks = new Store<Mark[]>([]);
/** The newest reading of each quantity, as the station wrote it. */
export const newest = new Store<Record<string, { text: string; quality: string }>>({});

const curves = new Map<string, Series>();
const drawn = new Set<() => void>();

export function series(quantity: string): Series {
  let one = curves.get(quantity);
  if (!one) curves.set(quantity, (one = { t: [], v: [] }));
  return one;
}

/** Calls `listener` when readings have come; it draws when it likes. */
export function onSamples(listener: () => void): () => void {
  drawn.add(listener);
  return () => drawn.delete(listener);
}

export function setCurrent(next: Current | null): void {
  if (next?.id !== current.get()?.id) clear();
  writeDraft(NAME, next);
  current.set(next);
}

function clear(): void {
  curves.clear();
  marks.set([]);
  prompt.set(null);
  newest.set({});
}

/** From what the feed should begin when the page opens. */
export function resumeFrom(): string {
  const now = current.get();
  return now && !now.ended ? now.from : "";
}

/** Where a page that is loaded again has to begin: after the first event of the test that this one has seen. */
function noteFrom(): void {
  const now = current.get();
  if (now && !now.ended && !now.from) setCurrent({ ...now, from: lastEventId() });
}

function takeSample(sample: SampleEvent): void {
  if (!current.get() || current.get()?.ended) return;
  noteFrom();
  const read = { ...newest.get() };
  for (const [quantity, text] of Object.entries(sample.values)) {
    const quality = sample.quality?.[quantity] ?? "ok";
    const old = read[quantity];
    if (old?.text !== text || old.quality !== quality) read[quantity] = { text, quality };
    const value = Number(text);
    const one = series(quantity);
    const last = one.t[one.t.length - 1];
    if (last !== undefined && sample.t_ms <= last) continue; // told again after a reconnection
    if (last !== undefined && sample.t_ms - last > GAP_MS) {
      one.t.push(last + 1);
      one.v.push(null);
    }
    one.t.push(sample.t_ms);
    // what is not good is shown as a number with that word, and is no part of the curve, as it is none of the verdict
    one.v.push(quality === "ok" && text !== "" && Number.isFinite(value) ? value : null);
  }
  newest.set(read);
  for (const listener of drawn) listener();
}

function takeTest(event: TestEvent): void {
  const now = current.get();
  if (event.event === "start") {
    if (now?.id === event.test) noteFrom();
    if (!now) adopt({ id: event.test, plate: event.plate ?? "", colour: event.colour ?? "", method: event.method ?? "" });
    return;
  }
  if (now?.id !== event.test) return;
  noteFrom();
  if (event.event === "prompt") prompt.set({ name: event.prompt, value: event.value, limit: event.limit, at: performance.now() });
  if (event.event === "mark") {
    const same = (m: Mark) => m.number === event.number && m.mark === event.mark && m.from_ms === event.from_ms;
    if (!marks.get().some(same)) marks.set([...marks.get(), event]);
    for (const listener of drawn) listener();
  }
  if (event.event === "end") setCurrent({ ...(current.get() ?? now), ended: true });
}

function adopt(test: Pick<RunningTest, "id" | "plate" | "colour" | "method">): void {
  setCurrent({ id: test.id, plate: test.plate, colour: test.colour, method: test.method, from: lastEventId(), ended: false });
}

/** A test that was started from this page: its plate is known before the feed tells it. `from`: the feed's event before that. */
export function started(id: string, plate: string, colour: string, method: string, from: string): void {
  const now = current.get();
  if (now?.id === id) return;
  setCurrent({ id, plate, colour, method, from, ended: false });
}

let asked = "";
/** What the status says decides when an event was missed: a test that runs is shown, one that is gone has ended. */
function takeStatus(test: RunningTest | null): void {
  const now = current.get();
  if (test && !now) adopt(test);
  if (test && (!now || now.id === test.id)) {
    const shown = prompt.get();
    if (!shown || shown.name !== test.prompt || shown.value !== test.value)
      prompt.set({ name: test.prompt, value: test.value, limit: test.limit, at: performance.now() });
  }
  if (now && !now.ended && test?.id !== now.id && asked !== now.id) {
    asked = now.id;
    void askEnd(now.id).then(() => {
      asked = "";
    });
  }
}

/** The status is told once a second and may be older than the start: the record itself says whether the test has ended. */
async function askEnd(id: string): Promise<void> {
  try {
    const shown = await get<ShownTest>(`tests/${id}`);
    const now = current.get();
    if (shown.verdict && now?.id === id) setCurrent({ ...now, ended: true });
  } catch (error) {
    // a tablet that was at another station has a test that nobody knows here; else the next status asks again
    if (error instanceof ApiError && error.status === 404 && current.get()?.id === id) setCurrent(null);
  }
}

export function startTestFeed(): void {
  onLive("sample", takeSample);
  onLive("test", takeTest);
  status.subscribe(() => {
    const now = status.get();
    if (now) takeStatus(now.status.test);
  });
}
