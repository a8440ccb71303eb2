// Which case waits for whom.
import type { CaseRow, Due } from "../../types_pages";

export type Queue = "review" | "send" | "police" | "due" | "repair" | "all";

const SENDING = ["review2", "send-ordered", "sealed"];
const AT_POLICE = ["submitted", "received", "police-review", "entered", "notified", "objected", "penalised"];

export function firstDue(row: CaseRow): Due | undefined {
  return [...row.due].sort((a, b) => (a.due_at < b.due_at ? -1 : 1))[0];
}

export const queues: Record<Queue, (row: CaseRow) => boolean> = {
  review: (row) => row.state === "exceeded" || row.state === "review1",
  send: (row) => SENDING.includes(row.state),
  police: (row) => AT_POLICE.includes(row.state),
  due: (row) => row.due.length > 0,
  repair: (row) => row.repair !== "none" && row.repair !== "released",
  all: () => true,
};

/** What an officer of that role sees first. */
export function queueOf(role: string | undefined): Queue {
  if (role === "police") return "police";
  if (role === "supervisor" || role === "auditor") return "due";
  return role === "technician" ? "repair" : "review";
}

/** Why that officer cannot do the review that is due; "": he can. */
export function reviewHindrance(row: CaseRow, officer: string): "" | "cases.youfirst" | "cases.youtested" {
  if (row.state !== "review1") return "";
  if (row.reviewer1 === officer) return "cases.youfirst";
  return row.tester === officer ? "cases.youtested" : "";
}

/** The stations of the penalty's way, as a line of steps. */
export const WAY = ["exceeded", "review1", "review2", "sealed", "received", "entered", "notified", "penalised", "paid"];
const BEFORE: Record<string, string> = { "send-ordered": "review2", submitted: "sealed", "police-review": "received", objected: "notified" };

/** How far a state is on that way; -1: it has left it. */
export function wayOf(state: string): number {
  return WAY.indexOf(BEFORE[state] ?? state);
}
