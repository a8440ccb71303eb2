// Who is at this tablet: login, second officer, and the lock when nobody touches it.
import { get, loginWanted, post, remove, session } from "./api";
import type { Session } from "./types";

/** Asks smogd whether this tablet's cookie is still good; called when the page opens and after each lost connection. */
export async function resumeSession(): Promise<void> {
  try {
    session.set(await get<Session>("session"));
  } catch {
    // 401: nobody is logged in; api.ts has noted it. No answer: what was known stays.
  }
}

export async function login(officer: string, pin: string): Promise<void> {
  session.set(await post<Session>("session", { officer, pin }));
  loginWanted.set(false);
  remember(officer);
}

export async function logout(): Promise<void> {
  try {
    await remove("session");
  } finally {
    session.set(null);
  }
}

export async function addSecond(officer: string, pin: string): Promise<void> {
  await post("session/second", { officer, pin });
  session.set(await get<Session>("session"));
  remember(officer);
}

// ---- numbers used on this tablet, so that a gloved hand need not type them again ----

const REMEMBERED = "officers";
const REMEMBERED_MAX = 4;

export function remembered(): string[] {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(REMEMBERED) ?? "[]");
    return Array.isArray(list) ? list.filter((n): n is string => typeof n === "string").slice(0, REMEMBERED_MAX) : [];
  } catch {
    return [];
  }
}

function remember(officer: string): void {
  try {
    const others = remembered().filter((number) => number !== officer);
    localStorage.setItem(REMEMBERED, JSON.stringify([officer, ...others].slice(0, REMEMBERED_MAX)));
  } catch {
    // no storage: the number is typed next time
  }
}

// ---- the lock ----

/** How often smogd is told that somebody is there who only looks; writes tell it by themselves. */
const TOLD_EVERY_MS = 60_000;

/** Ends the session when nobody has touched the tablet for as long as smogd allows. Drafts stay. */
export function lockOnIdle(): void {
  let touched = performance.now();
  let told = touched;
  const touch = () => {
    touched = performance.now();
    if (!session.get() || touched - told < TOLD_EVERY_MS) return;
    told = touched;
    void get("session", { used: 1 }).catch(() => undefined);
  };
  for (const kind of ["pointerdown", "keydown", "wheel"]) addEventListener(kind, touch, { passive: true, capture: true });
  session.subscribe(touch);
  setInterval(() => {
    const now = session.get();
    if (!now || performance.now() - touched < now.idle_s * 1000) return;
    loginWanted.set(true);
    void logout().catch(() => undefined); // without connection smogd ends it by its own clock
  }, 1000);
}
