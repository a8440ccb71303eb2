// Step 2: what the vehicle is, each fact with where it comes from. An earlier record's facts are offered, never filled in by themselves.
import { useEffect, useState } from "preact/hooks";
import { get } from "../../api";
import { t, word } from "../../i18n";
import type { ShownTest, TestRow } from "../../types";
import { Button, Choice, Field, Notice, Panel, Plain } from "../../ui/basic";
import { dayAndTime } from "../../ui/words";
import type { StepProps } from "./entry";

const choices: Record<string, string[]> = {
  fuel: ["diesel", "petrol", "gas", "hybrid", "electric"],
  class: ["heavy", "medium", "light", "non-road"],
  gearbox: ["manual", "automatic"],
  aspiration: ["turbo", "natural"],
  stage: ["0", "1", "2", "3", "4", "5", "6"],
  smoke_class: ["I", "II", "III"],
};
const first = ["fuel", "class", "gearbox"];
const numbers = ["mass_kg", "power_kw", "rated_rpm", "model_year"];
const texts = ["vin", "use", "hpzl", "cllx", "owner", "trailer_plate", "make", "body_colour", "issuer"];

interface Earlier {
  id: string;
  at: string;
  facts: Record<string, string>;
}

export function VehicleStep({ draft, change }: StepProps) {
  const earlier = useEarlier(draft.plate, draft.colour);
  const set = (key: string, value: string) => {
    const { [key]: _, ...sources } = draft.sources;
    change({ facts: { ...draft.facts, [key]: value }, sources, ...(key === "fuel" || key === "class" ? { method: "" } : {}) });
  };
  const note = (key: string) => {
    const source = draft.sources[key];
    const before = earlier?.facts[key];
    if (source) return t("vehicle.from", { source });
    if (draft.facts[key] && before && before !== draft.facts[key]) return t("vehicle.other", { value: factValue(key, before), source: earlier.id });
    return draft.facts[key] ? t("vehicle.typed") : undefined;
  };
  const choose = (key: string) => (
    <Choice
      key={key}
      label={word("fact", key)}
      value={draft.facts[key] ?? ""}
      options={(choices[key] ?? []).map((value) => ({ value, text: factValue(key, value) }))}
      onChange={(value) => set(key, draft.facts[key] === value ? "" : value)}
      note={note(key)}
    />
  );
  const input = (key: string, example = "") => (
    <Field
      key={key}
      label={word("fact", key)}
      value={draft.facts[key] ?? ""}
      placeholder={example}
      inputmode={numbers.includes(key) ? "decimal" : undefined}
      spellcheck={false}
      note={note(key)}
      onInput={(e) => set(key, e.currentTarget.value)}
    />
  );
  return (
    <div class="vehicle-step">
      <Panel title={t("vehicle.title")}>
        {earlier && <TakeOver earlier={earlier} take={() => change({ facts: { ...earlier.facts, ...draft.facts }, sources: sourcesOf(earlier, draft.facts, draft.sources) })} />}
        {first.map(choose)}
      </Panel>
      <Panel title={t("vehicle.more")}>
        <div class="fact-grid">
          {numbers.map((key) => input(key))}
          {input("first_registration", "2019-07-01")}
        </div>
        {choose("stage")}
        {choose("aspiration")}
        {draft.facts.class === "non-road" && choose("smoke_class")}
        <details>
          <summary>{t("vehicle.papers")}</summary>
          <div class="fact-grid">{texts.map((key) => input(key))}</div>
        </details>
      </Panel>
    </div>
  );
}

export function factValue(key: string, value: string): string {
  return choices[key] ? word(`value.${key}`, value) : value;
}

function sourcesOf(earlier: Earlier, own: Record<string, string>, sources: Record<string, string>): Record<string, string> {
  const taken = Object.keys(earlier.facts).filter((key) => !own[key]);
  return { ...sources, ...Object.fromEntries(taken.map((key) => [key, earlier.id])) };
}

function TakeOver({ earlier, take }: { earlier: Earlier; take: () => void }) {
  const list = Object.entries(earlier.facts);
  return (
    <Notice tone="info" title={t("vehicle.earlier")}>
      <p>
        <Plain>{earlier.id}</Plain> · <Plain>{dayAndTime(earlier.at)}</Plain>
      </p>
      <p>{list.map(([key, value]) => `${word("fact", key)} ${factValue(key, value)}`).join(" · ")}</p>
      <Button onClick={take}>{t("vehicle.takeover")}</Button>
    </Notice>
  );
}

/** The facts of the newest earlier test of this plate and colour. */
function useEarlier(plate: string, colour: string): Earlier | null {
  const [earlier, setEarlier] = useState<Earlier | null>(null);
  useEffect(() => {
    let wanted = true;
    void readEarlier(plate, colour).then(
      (found) => wanted && setEarlier(found),
      () => undefined, // without it the facts are typed
    );
    return () => {
      wanted = false;
    };
  }, [plate, colour]);
  return earlier;
}

async function readEarlier(plate: string, colour: string): Promise<Earlier | null> {
  const { tests } = await get<{ tests: TestRow[] }>(`plates/${plate}`, { colour });
  const row = tests.find((test) => test.ended_at && test.verdict !== "void");
  if (!row) return null;
  const shown = await get<ShownTest>(`tests/${row.id}`);
  const facts = Object.fromEntries((shown.record?.vehicle.facts ?? []).map(({ key, value }) => [key, value]));
  return Object.keys(facts).length ? { id: row.id, at: row.started_at, facts } : null;
}
