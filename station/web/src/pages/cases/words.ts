import type { Tone } from "../../ui/shape";

/** Of a state of either track. */
export function stateTone(state: string): Tone {
  if (state === "exceeded" || state === "review1" || state === "overdue" || state === "objected") return "warn";
  if (state === "returned" || state === "blacklisted") return "bad";
  if (state === "paid" || state === "handled" || state === "penalised" || state === "released" || state === "retest-passed") return "good";
  if (state === "rejected" || state === "removed" || state === "void" || state === "none") return "off";
  return "info";
}
