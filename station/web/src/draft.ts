// What somebody has typed survives a reload, a lost connection and the lock: it stands in sessionStorage until it is sent.
import { useState } from "preact/hooks";

const PREFIX = "draft:";

export function readDraft<T>(name: string, initial: T): T {
  try {
    const text = sessionStorage.getItem(PREFIX + name);
    return text === null ? initial : (JSON.parse(text) as T);
  } catch {
    return initial; // no storage here, or a draft of an older page
  }
}

export function writeDraft<T>(name: string, value: T): void {
  try {
    sessionStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // a full or forbidden storage: the page works on, the draft lives as long as the page
  }
}

export function dropDraft(name: string): void {
  try {
    sessionStorage.removeItem(PREFIX + name);
  } catch {
    // as above
  }
}

/** As useState, kept under `name`. The third function forgets the draft and goes back to `initial`. */
export function useDraft<T>(name: string, initial: T): [T, (change: T | ((old: T) => T)) => void, () => void] {
  const [value, setValue] = useState<T>(() => readDraft(name, initial));
  const change = (next: T | ((old: T) => T)) =>
    setValue((old) => {
      const made = typeof next === "function" ? (next as (old: T) => T)(old) : next;
      writeDraft(name, made);
      return made;
    });
  const forget = () => {
    dropDraft(name);
    setValue(initial);
  };
  return [value, change, forget];
}
