// What every page of lists needs: an answer that is being read, failed or is empty; tabs; a verdict in a list.
import type { ComponentChildren } from "preact";
import { t, word } from "../i18n";
import type { Reading } from "../read";
import { Badge, Button, Plain } from "./basic";
import { verdictTone } from "./shape";
import { Trouble } from "./words";

/** What was read; while there is nothing yet, why. An older answer stays, with the error above it. */
export function Answer<T>({ of, children }: { of: Reading<T>; children: (data: T) => ComponentChildren }) {
  return (
    <>
      {of.error !== undefined && (
        <div class="answer-trouble">
          <Trouble error={of.error} />
          <Button onClick={() => void of.reload()} busy={of.busy}>
            {t("retry")}
          </Button>
        </div>
      )}
      {of.data !== undefined ? children(of.data) : of.error === undefined && <p class="empty">{t("loading")}</p>}
    </>
  );
}

export interface Tab<T extends string> {
  name: T;
  text: string;
  count?: number;
}

export function Tabs<T extends string>({ label, tabs, now, onChange }: { label: string; tabs: Tab<T>[]; now: T; onChange: (name: T) => void }) {
  return (
    <div class="tabs" role="group" aria-label={label}>
      {tabs.map((tab) => (
        <button key={tab.name} type="button" class="tab" aria-pressed={tab.name === now} onClick={() => onChange(tab.name)}>
          {tab.text}
          {tab.count !== undefined && <Plain class="tab-count">{tab.count}</Plain>}
        </button>
      ))}
    </div>
  );
}

export function VerdictBadge({ verdict }: { verdict: string }) {
  return <Badge tone={verdictTone(verdict)}>{verdict ? word("verdict", verdict) : t("running")}</Badge>;
}

/** A number with what it counts, for the head of a page. */
export function Figure({ text, value, tone, note }: { text: string; value: ComponentChildren; tone?: "good" | "bad" | "warn"; note?: string }) {
  return (
    <div class={`figure${tone ? ` figure-${tone}` : ""}`}>
      <dt>{text}</dt>
      <dd>
        <Plain>{value}</Plain>
        {note && <span class="figure-note">{note}</span>}
      </dd>
    </div>
  );
}
