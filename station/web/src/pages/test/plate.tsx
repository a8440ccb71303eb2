// Step 1: the plate. A camera's reading to confirm, the last plates, or province grid and keys; a keyboard works as well.
import { useEffect, useState } from "preact/hooks";
import { get } from "../../api";
import { t, word } from "../../i18n";
import { onLive } from "../../live";
import { keyboard, kindOf, nextKeys, places, provinces, takeKey, takeText } from "../../plates";
import type { Suggestion, TestRow } from "../../types";
import { Button, Choice, Key, Notice, Panel, Plain } from "../../ui/basic";
import { age, Plate } from "../../ui/words";
import type { StepProps } from "./entry";

/** a camera's reading older than this is of another vehicle */
const SUGGESTION_MAX_MS = 10 * 60_000;
const SURE_PERCENT = 90;

export function PlateStep({ draft, change }: StepProps) {
  const kind = kindOf(draft.plate);
  const set = (plate: string) => {
    const colours = kindOf(plate)?.colours ?? [];
    const colour = colours.length === 1 ? (colours[0] ?? "") : colours.includes(draft.colour as never) ? draft.colour : "";
    change({ plate, colour: kindOf(plate) ? colour : "", facts: plate === draft.plate ? draft.facts : {}, sources: {} });
  };
  return (
    <div class="plate-step">
      <div class="plate-main">
        <Places text={draft.plate} set={set} />
        {kind ? <Colours draft={draft} change={change} /> : <Keyboard text={draft.plate} set={set} />}
        {kind?.name === "trailer" && <Notice tone="bad" title={t("plate.trailer")} live />}
        {kind?.name.startsWith("nev") && <Notice tone="warn" title={t("plate.electric")} />}
        {(draft.colour === "yellow" || draft.colour === "yellow-green") && <p class="hint">{t("plate.double")}</p>}
      </div>
      <aside class="plate-side">
        <Suggestions
          take={(s) => change({ plate: s.plate ?? "", colour: s.colour ?? "", suggestion: s.id, facts: {}, sources: {}, step: s.colour ? 2 : 1 })}
        />
        <Recent take={(row) => change({ plate: row.plate, colour: row.colour, suggestion: "", facts: {}, sources: {}, step: 2 })} />
      </aside>
    </div>
  );
}

/** The plate as far as it is typed, one box a place; it is also an input for a keyboard. */
function Places({ text, set }: { text: string; set: (plate: string) => void }) {
  const p = places(text);
  return (
    <div class="places">
      <label class="unseen" for="plate">
        {t("plate.label")}
      </label>
      <input id="plate" class="places-input" value={text} lang="zh" autocomplete="off" autocapitalize="characters" spellcheck={false} onInput={(e) => {
        const taken = takeText(e.currentTarget.value);
        e.currentTarget.value = taken;
        set(taken);
      }} />
      <div class="places-boxes" aria-hidden="true" dir="ltr">
        {[0, 1, 2, 3, 4, 5, 6, 7].map((i) => (
          <span key={i} class={`place${i === p.length ? " place-next" : ""}${i === 7 ? " place-nev" : ""}`}>
            {p[i] ?? (i === 7 ? <small>{t("plate.nev")}</small> : "")}
          </span>
        ))}
      </div>
      <Key label={t("delete")} disabled={!text} onPress={() => set(text.endsWith("应急") ? text.slice(0, -2) : text === "WJ" ? "" : p.slice(0, -1).join(""))}>
        ⌫
      </Key>
    </div>
  );
}

function Keyboard({ text, set }: { text: string; set: (plate: string) => void }) {
  const [special, setSpecial] = useState(false);
  const allowed = nextKeys(text);
  const press = (key: string) => {
    setSpecial(false);
    set(takeKey(text, key));
  };
  const keys = (list: string[], wide = false) =>
    list.map((key) => (
      <Key key={key} wide={wide && key.length > 1} disabled={!allowed.has(key)} onPress={() => press(key)}>
        {key}
      </Key>
    ));
  if (text === "" && !special)
    return (
      <div class="keys keys-provinces" dir="ltr" role="group" aria-label={t("plate.province")}>
        {keys(provinces)}
        <Key wide onPress={() => setSpecial(true)}>
          {t("plate.special")}
        </Key>
      </div>
    );
  if (text === "")
    return (
      <div class="keys" dir="ltr" role="group" aria-label={t("plate.special")}>
        {keys(keyboard.first)}
        <Key wide onPress={() => setSpecial(false)}>
          {t("plate.province")}
        </Key>
      </div>
    );
  const last = keyboard.lastPlaces.filter((key) => allowed.has(key));
  return (
    <div class="keys" dir="ltr" role="group" aria-label={t("plate.keys")}>
      {keys(keyboard.digits)}
      {text === "WJ" ? keys(provinces) : keys(keyboard.letters)}
      {keys(last, true)}
    </div>
  );
}

function Colours({ draft, change }: StepProps) {
  const kind = kindOf(draft.plate);
  return (
    <>
      <Choice
        label={t("plate.colour")}
        value={draft.colour}
        options={(kind?.colours ?? []).map((colour) => ({
          value: colour as string,
          text: (
            <span class="colour-option">
              <span class={`plate plate-${colour}`} aria-hidden="true">
                {draft.plate.slice(0, 2)}
              </span>
              {word("colour", colour)}
            </span>
          ),
        }))}
        onChange={(colour) => change({ colour })}
      />
      {kind?.name === "ordinary" && nextKeys(draft.plate).size > 0 && <EighthPlace draft={draft} change={change} />}
    </>
  );
}

/** A plate of seven places may be a new-energy plate of which the last is still to come. */
function EighthPlace({ draft, change }: StepProps) {
  return (
    <div class="eighth">
      <p>{t("plate.eighth")}</p>
      <div class="keys" dir="ltr" role="group" aria-label={t("plate.eighth")}>
        {[...nextKeys(draft.plate)].map((key) => (
          <Key key={key} onPress={() => {
            const plate = takeKey(draft.plate, key);
            change({ plate, colour: kindOf(plate)?.colours[0] ?? "" });
          }}>
            {key}
          </Key>
        ))}
      </div>
    </div>
  );
}

function Suggestions({ take }: { take: (s: Suggestion) => void }) {
  const [list, setList] = useState<Suggestion[]>([]);
  useEffect(() => {
    const read = () => get<{ suggestions: Suggestion[] }>("suggestions").then((a) => setList(a.suggestions), () => undefined);
    void read();
    const ends = [onLive("suggestion", () => void read()), onLive("reset", () => void read())];
    return () => ends.forEach((end) => end());
  }, []);
  const fresh = list.filter((s) => s.plate && s.age_ms < SUGGESTION_MAX_MS).slice(0, 3);
  if (fresh.length === 0) return null;
  return (
    <Panel title={t("plate.camera")}>
      {fresh.map((s) => (
        <article key={s.id} class="suggestion">
          <Plate text={s.plate ?? ""} colour={s.colour ?? ""} large />
          <Characters suggestion={s} />
          <p class="field-note">
            <Plain>{s.camera}</Plain> · {age(s.age_ms)}
            {s.confidence && ` · ${t("plate.confidence", { n: s.confidence })}`}
          </p>
          <Button kind="primary" onClick={() => take(s)}>
            {t("plate.confirm")}
          </Button>
        </article>
      ))}
    </Panel>
  );
}

/** The characters of which the camera was not sure. */
function Characters({ suggestion: s }: { suggestion: Suggestion }) {
  const sure = typeof s.chars === "string" ? s.chars.split(",").map(Number) : [];
  const doubtful = places(s.plate ?? "").filter((_, i) => (sure[i] ?? 100) < SURE_PERCENT);
  if (doubtful.length === 0) return null;
  return <p class="doubtful">{t("plate.doubtful", { chars: doubtful.join(" ") })}</p>;
}

function Recent({ take }: { take: (row: TestRow) => void }) {
  const [rows, setRows] = useState<TestRow[]>([]);
  useEffect(() => {
    get<{ tests: TestRow[] }>("tests", { limit: 12 }).then((a) => setRows(a.tests), () => undefined);
  }, []);
  const seen = new Set<string>();
  const different = rows.filter((row) => {
    const name = `${row.plate} ${row.colour}`;
    return row.plate && !seen.has(name) && seen.add(name);
  });
  if (different.length === 0) return null;
  return (
    <Panel title={t("plate.recent")}>
      <div class="recent">
        {different.slice(0, 6).map((row) => (
          <button key={row.id} type="button" class="choice-option" onClick={() => take(row)}>
            <Plate text={row.plate} colour={row.colour} />
          </button>
        ))}
      </div>
    </Panel>
  );
}
