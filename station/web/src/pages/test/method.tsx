// Step 3: the method that these facts propose, and who is there.
import { useEffect, useState } from "preact/hooks";
import { get, session } from "../../api";
import { t, word } from "../../i18n";
import { useStore } from "../../store";
import type { Role } from "../../types";
import { Choice, Field, Notice, Panel, Plain } from "../../ui/basic";
import { Plate } from "../../ui/words";
import type { Draft, StepProps } from "./entry";
import { factValue } from "./vehicle";

interface OfficerRow {
  enabled: boolean;
  name: string;
  number: string;
  role: Role;
}

/** What is measured of such a vehicle; "": the facts leave it open. */
export function proposed({ fuel, class: kind }: Record<string, string>): string {
  if (fuel === "diesel" || kind === "non-road") return "free-acceleration";
  if (fuel === "petrol" || fuel === "gas") return "two-speed-idle";
  return "";
}

/** Methods of the station's rule packs that a standing vehicle is tested by, and all officers that may be named. */
function useStation(): { methods: string[]; officers: OfficerRow[] } {
  const [methods, setMethods] = useState<string[]>([]);
  const [officers, setOfficers] = useState<OfficerRow[]>([]);
  useEffect(() => {
    const standing = ["free-acceleration", "lug-down", "two-speed-idle", "ringelmann", "obd-check"];
    get<{ rules: { method: string }[] }>("rules").then(
      ({ rules }) => setMethods(standing.filter((m) => rules.some((rule) => rule.method === m))),
      () => setMethods(standing), // the station refuses what it cannot do
    );
    get<{ officers: OfficerRow[] }>("officers").then((a) => setOfficers(a.officers.filter((o) => o.enabled)), () => undefined);
  }, []);
  return { methods, officers };
}

export function MethodStep({ draft, change }: StepProps) {
  const { methods, officers } = useStation();
  const who = useStore(session);
  const proposal = proposed(draft.facts);
  useEffect(() => {
    if (!draft.method && methods.includes(proposal)) change({ method: proposal });
  }, [methods, proposal]);
  return (
    <div class="method-step">
      <Panel title={t("method.title")}>
        <Choice
          label={proposal ? t("method.proposed", { method: word("method", proposal) }) : t("method.open")}
          value={draft.method}
          options={methods.map((m) => ({ value: m, text: word("method", m) }))}
          onChange={(method) => change({ method })}
        />
        {proposal && draft.method && draft.method !== proposal && <Notice tone="warn" title={t("method.other")} />}
        {draft.facts.fuel === "electric" && <Notice tone="warn" title={t("plate.electric")} />}
        <Summary draft={draft} />
      </Panel>
      <Panel title={t("people.title")}>
        <p class="person">
          {t("people.tester")} <strong>{who ? <Plain>{`${who.name} ${who.officer}`}</Plain> : "—"}</strong>
        </p>
        <Person label={t("people.second")} role="ecology" not={who?.officer} officers={officers} value={draft.officer2} onChange={(officer2) => change({ officer2 })} />
        <Person label={t("people.police")} role="police" officers={officers} value={draft.police} onChange={(police) => change({ police })} />
        {!draft.police && <p class="field-note">{t("people.police.why")}</p>}
      </Panel>
    </div>
  );
}

function Person({ label, role, not, officers, value, onChange }: { label: string; role: Role; not?: string; officers: OfficerRow[]; value: string; onChange: (number: string) => void }) {
  const offered = officers.filter((o) => o.role === role && o.number !== not);
  if (offered.length === 0 || offered.length > 8) return <Field label={label} value={value} autocapitalize="characters" spellcheck={false} onInput={(e) => onChange(e.currentTarget.value)} />;
  return (
    <Choice
      label={label}
      value={value}
      options={offered.map((o) => ({ value: o.number, text: <Plain>{`${o.name} ${o.number}`.trim()}</Plain> }))}
      onChange={(number) => onChange(number === value ? "" : number)}
    />
  );
}

function Summary({ draft }: { draft: Draft }) {
  const facts = Object.entries(draft.facts).filter(([, value]) => value);
  return (
    <dl class="facts summary">
      <dt>{t("test.step.plate")}</dt>
      <dd>
        <Plate text={draft.plate} colour={draft.colour} large />
      </dd>
      {facts.map(([key, value]) => (
        <>
          <dt>{word("fact", key)}</dt>
          <dd>
            <Plain>{factValue(key, value)}</Plain>
            <span class="field-note">{draft.sources[key] ? t("vehicle.from", { source: draft.sources[key] ?? "" }) : t("vehicle.typed")}</span>
          </dd>
        </>
      ))}
    </dl>
  );
}
