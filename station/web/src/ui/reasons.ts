// The machine's reasons in words: "wind_speed: 9.4 > 5.0" begins with what it is about; what follows is figures, or the station's own
// English.
import { t, word } from "../i18n";

const ABOUT = /^([a-z][a-z_0-9]*)(?: at ([^:]+))?: (.*)$/;
const FIXED: Record<string, "reason.not-measured" | "reason.not-read" | "reason.fuel-not-told"> = {
  "not measured": "reason.not-measured",
  "not read": "reason.not-read",
  "not told; the rule is for diesel vehicles": "reason.fuel-not-told",
};

export function reasonText(reason: string): string {
  const parts = ABOUT.exec(reason);
  if (!parts) return reason;
  const [, about = "", point, rest = ""] = parts;
  let name = word("quantity", about);
  if (name === about) name = word("about", about);
  const repeated = /^exceeded (\d+) times in a row within (\d+) months$/.exec(rest);
  const before = /^before on (\S+): (\S+)$/.exec(rest);
  const known = FIXED[rest];
  let text = rest;
  if (known) text = t(known);
  else if (repeated) text = t("reason.repeated", { n: repeated[1] ?? "", months: repeated[2] ?? "" });
  else if (before) text = t("reason.before", { day: before[1] ?? "", id: before[2] ?? "" });
  return `${name}${point ? ` (${point})` : ""} ${text}`;
}
