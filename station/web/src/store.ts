// A value that parts of the page look at: who uses it is drawn again when it changes, and nobody else.
import { useEffect, useState } from "preact/hooks";

export class Store<T> {
  private readonly listeners = new Set<() => void>();
  constructor(private value: T) {}

  get(): T {
    return this.value;
  }

  set(value: T): void {
    if (Object.is(value, this.value)) return;
    this.value = value;
    for (const listener of [...this.listeners]) listener();
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

/** The store's value, or what `pick` takes from it; drawn again only when that has changed. */
export function useStore<T>(store: Store<T>): T;
export function useStore<T, U>(store: Store<T>, pick: (value: T) => U): U;
export function useStore<T, U>(store: Store<T>, pick?: (value: T) => U): T | U {
  const read = () => (pick ? pick(store.get()) : store.get());
  const [value, setValue] = useState(read);
  useEffect(() => {
    const look = () => setValue(() => read());
    look();
    return store.subscribe(look);
  }, [store]);
  return value;
}

/** Draws again every `ms`, for ages and remaining times; gives performance.now() of this drawing. */
export function useNow(ms: number): number {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), ms);
    return () => clearInterval(timer);
  }, [ms]);
  return now;
}
