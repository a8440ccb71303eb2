// A value against its limit, as a bar: the limit stands at two thirds of its length, so that bars of one kind can be compared.
import { t, word } from "../i18n";
import type { PassValue } from "../types_pages";
import { Plain } from "./basic";
import { unit } from "./words";

const WIDTH = 120;
const LIMIT_AT = 80;

export function ValueBar({ value: v }: { value: PassValue }) {
  const part = (LIMIT_AT * Number(v.value)) / Number(v.limit);
  const length = Number.isFinite(part) ? Math.max(1, Math.min(WIDTH, part)) : 0;
  return (
    <span class={`bar${v.exceeded ? (v.screening ? " bar-screening" : " bar-over") : ""}`}>
      <svg class="bar-picture" viewBox={`0 0 ${WIDTH} 14`} width={WIDTH} height="14" preserveAspectRatio="none" aria-hidden="true">
        <rect class="bar-ground" x="0" y="2" width={WIDTH} height="10" />
        <rect class="bar-length" x="0" y="2" width={length} height="10" />
        <path class="bar-limit" d={`M${LIMIT_AT} 0v14`} />
      </svg>
      <span class="bar-text">
        <b>
          <Plain>{v.value}</Plain>
        </b>
        <span class="bar-of">
          / <Plain>{v.limit}</Plain> {unit(v.unit)}
          {v.screening && ` ${t("bar.screening")}`}
        </span>
        <span class="unseen">
          {word("quantity", v.quantity)} {v.exceeded ? t("bar.over") : t("bar.within")}
        </span>
      </span>
    </span>
  );
}
