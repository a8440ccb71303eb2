// Reading a route of the API into a component: what was read last stays visible while it is read again, and an error is kept beside it.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { get, session, type Query } from "./api";
import { onLive, type LiveEvents } from "./live";
import { useStore } from "./store";

export interface Reading<T> {
  data: T | undefined;
  error: unknown;
  busy: boolean;
  reload: () => Promise<void>;
}

/** Reads `path`; null: nothing to read. Again whenever path or query change, somebody logs in, events were missed, or one of `events`
 * comes over the live feed. */
export function useRead<T>(path: string | null, query: Query = {}, events: (keyof LiveEvents)[] = []): Reading<T> {
  const officer = useStore(session, (s) => s?.officer);
  const key = path === null ? null : `${path}?${JSON.stringify(query)}`;
  const [state, setState] = useState<{ key: string | null; data?: T; error?: unknown; busy: boolean }>({ key: null, busy: false });
  const wanted = useRef(key);
  wanted.current = key;
  const reload = useCallback(async () => {
    if (path === null || key === null) return;
    setState((old) => ({ ...(old.key === key ? old : {}), key, busy: true }));
    try {
      const data = await get<T>(path, query);
      if (wanted.current === key) setState({ key, data, busy: false });
    } catch (error) {
      if (wanted.current === key) setState((old) => ({ ...old, key, error, busy: false }));
    }
  }, [key]);
  useEffect(() => {
    void reload();
    const ends = [...events, "reset" as const].map((name) => onLive(name, () => void reload()));
    return () => ends.forEach((end) => end());
  }, [reload, officer]);
  const now = state.key === key ? state : { busy: key !== null };
  return { data: "data" in now ? now.data : undefined, error: "error" in now ? now.error : undefined, busy: now.busy, reload };
}
