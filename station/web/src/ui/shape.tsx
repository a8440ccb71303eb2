// The shapes that say the same as the colours: a circle with a tick is good, an octagon bad, a triangle a warning, a square of dashes
// something that is not known or too old.
export type Tone = "good" | "bad" | "warn" | "info" | "off";

const outlines: Record<Tone, string> = {
  good: "M12 1a11 11 0 1 0 0 22a11 11 0 0 0 0-22z",
  bad: "M7.5 1h9L23 7.5v9L16.5 23h-9L1 16.5v-9z",
  warn: "M12 1.5L23.5 22.5H.5z",
  info: "M12 1a11 11 0 1 0 0 22a11 11 0 0 0 0-22z",
  off: "M2 2h20v20H2z",
};
const signs: Record<Tone, string> = {
  good: "M6.5 12.5l3.8 3.8l7.2-8",
  bad: "M7.8 7.8l8.4 8.4M16.2 7.8l-8.4 8.4",
  warn: "M12 9v6.2M12 18v1.4",
  info: "M12 6.2v1.6M12 10.5v7.3",
  off: "M6.5 12h11",
};

export function Shape({ tone }: { tone: Tone }) {
  return (
    <svg class="shape" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
      <path class="shape-body" d={outlines[tone]} />
      <path class="shape-sign" d={signs[tone]} />
    </svg>
  );
}

/** The tone of a verdict, the same on every page. */
export function verdictTone(verdict: string): Tone {
  if (verdict === "pass") return "good";
  if (verdict === "fail") return "bad";
  if (verdict === "suspect" || verdict === "invalid") return "warn";
  return "off";
}
