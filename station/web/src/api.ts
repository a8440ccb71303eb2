// The API of smogd under /api/v1 (README.md, "JSON output"; openapi.json): every answer has `ok`, and where it is no, a line that
// says what happened and what to do.
import { Store } from "./store";
import type { Session } from "./types";

const BASE = "api/v1/";
const TIMEOUT_MS = 20_000;

export class ApiError extends Error {
  constructor(
    /** of HTTP; 0: no answer came */
    readonly status: number,
    message: string,
    /** to wait before the next try, where the server says it */
    readonly retryAfterS: number | null = null,
    /** the whole answer, for what it tells beside its line */
    readonly answer: Record<string, unknown> = {},
  ) {
    super(message);
  }
}

/** Who is logged in on this tablet; null: nobody. */
export const session = new Store<Session | null>(null);
/** Set while something could not be read or done because nobody is logged in: the login is shown over the page. */
export const loginWanted = new Store(false);

export type Query = Record<string, string | number | boolean | undefined>;

/** The address of a route, for links and images as well. */
export function url(path: string, query: Query = {}): string {
  const words = Object.entries(query)
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(String(value))}`);
  return BASE + path.split("/").map(encodeURIComponent).join("/") + (words.length ? `?${words.join("&")}` : "");
}

async function call<T>(method: string, address: string, body: BodyInit | null, headers: Record<string, string>, timeoutMs = TIMEOUT_MS): Promise<T> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), timeoutMs);
  let response: Response;
  let answer: { ok?: boolean; error?: string };
  try {
    response = await fetch(address, { method, body, headers, credentials: "same-origin", cache: "no-store", signal: abort.signal });
    answer = (await response.json()) as typeof answer;
  } catch (error) {
    throw new ApiError(0, error instanceof SyntaxError ? "the station's answer is no JSON" : "");
  } finally {
    clearTimeout(timer);
  }
  if (response.ok && answer.ok !== false) return answer as T;
  if (response.status === 401) {
    if (session.get()) session.set(null);
    if (!address.startsWith(`${BASE}session`)) loginWanted.set(true);
  }
  const wait = Number(response.headers.get("Retry-After"));
  throw new ApiError(response.status, answer.error ?? response.statusText, wait > 0 ? wait : null, answer as Record<string, unknown>);
}

export function get<T>(path: string, query: Query = {}, timeoutMs = TIMEOUT_MS): Promise<T> {
  return call<T>("GET", url(path, query), null, {}, timeoutMs);
}

function token(): Record<string, string> {
  const now = session.get();
  return now ? { "X-CSRF-Token": now.csrf } : {};
}

/** A write. `as: "second"` in the query acts as the second officer of this session. */
export function post<T>(path: string, body: unknown = {}, query: Query = {}): Promise<T> {
  return call<T>("POST", url(path, query), JSON.stringify(body), { ...token(), "Content-Type": "application/json" });
}

/** Sends a file as it is, byte for byte. */
export function upload<T>(path: string, file: Blob, type: string, query: Query = {}): Promise<T> {
  return call<T>("POST", url(path, query), file, { ...token(), "Content-Type": type });
}

export function remove<T>(path: string): Promise<T> {
  return call<T>("DELETE", url(path), null, token());
}
