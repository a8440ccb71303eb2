// While a test runs: one instruction in big words, what is to be pressed for it, how long it still takes, and the live curve.
import { useEffect, useState } from "preact/hooks";
import { loginWanted, post, session } from "../../api";
import { useDraft } from "../../draft";
import { t, word } from "../../i18n";
import { status } from "../../live";
import { useNow, useStore } from "../../store";
import { type Current, marks, newest, onSamples, prompt, type Prompt, series } from "../../testfeed";
import type { Limit, Mark } from "../../types";
import { Button, Choice, Dialog, Field, Notice, Plain } from "../../ui/basic";
import { Curve } from "../../ui/curve";
import { Plate, Trouble, unit } from "../../ui/words";
import { Photos } from "./photos";

const WINDOW_MS = 60_000;

/** The quantity whose curve is drawn, the first that is measured. */
const main: Record<string, string[]> = {
  "free-acceleration": ["k", "opacity"],
  "lug-down": ["k", "opacity", "nox"],
  "two-speed-idle": ["co", "hc"],
};
/** Numbers beside it, as far as they are measured. */
const beside = ["k", "opacity", "rpm", "oil_temp", "nox", "co", "hc", "lambda", "speed", "power"];
/** Prompts that wait for the officer. */
const confirmed = ["insert-probe", "zero-check", "zero-instrument", "connect", "full-pedal"];
/** Prompts whose limit is the time that is left, in ms. */
const timed = ["idle", "hold", "zero-wait", "rev", "read", "speed"];
/** Where a person may stand in for a signal that is not measured: "I have pressed", "the engine holds that speed". */
const marked = ["press", "rev", "idle"];

export function Running({ test }: { test: Current }) {
  const now = useStore(prompt);
  const unsaved = useStore(status, (s) => (s?.status.test?.id === test.id ? s.status.test.unsaved : undefined));
  const limits = useStore(status, (s) => (s?.status.test?.id === test.id ? s.status.test.limits : undefined));
  return (
    <div class="running">
      <header class="running-head">
        <Plate text={test.plate} colour={test.colour} large />
        <div>
          <strong>{word("method", test.method)}</strong>
          <Plain>{test.id}</Plain>
        </div>
        <Abort id={test.id} />
      </header>
      {unsaved && <Notice tone="warn" title={t("running.saving")} />}
      <Instruction id={test.id} prompt={now} />
      <Watch test={test} limits={limits ?? []} />
    </div>
  );
}

// ---- the instruction ----

function Instruction({ id, prompt: now }: { id: string; prompt: Prompt | null }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => setError(null), [now?.name, now?.value]);
  const press = async (key: string, text = "") => {
    if (!session.get()) {
      loginWanted.set(true);
      return false;
    }
    setBusy(true);
    setError(null);
    try {
      await post(`tests/${id}/key`, { key, ...(text && { text }) });
      return true;
    } catch (problem) {
      setError(problem);
      return false;
    } finally {
      setBusy(false);
    }
  };
  const name = now?.name ?? "wait-instrument";
  return (
    <section class={`instruction instruction-${name}`}>
      <div role="status" aria-live="assertive">
        <p class="instruction-words">{word("prompt", name)}</p>
        <p class="instruction-more">{more(now)}</p>
      </div>
      {now && timed.includes(name) && <Remaining prompt={now} />}
      <div class="instruction-keys">
        {confirmed.includes(name) && (
          <Button kind="primary" class="button-big" busy={busy} onClick={() => void press("confirm")}>
            {word("confirm", name)}
          </Button>
        )}
        {marked.includes(name) && (
          <Button busy={busy} onClick={() => void press("confirm")}>
            {word("mark", name)}
          </Button>
        )}
        {name === "warm-up" && <Bypass press={(reason) => press("bypass-warm", reason)} />}
      </div>
      {name === "observe" && <Observe id={id} press={(text) => press("observe", text)} busy={busy} />}
      <Trouble error={error} />
    </section>
  );
}

/** The line below the instruction: which one of how many, how warm and how warm it must be. */
function more(now: Prompt | null): string {
  if (!now) return "";
  const { value, limit } = now;
  switch (now.name) {
    case "warm-up":
      // no sensor: the value is the least integer, which no number of ours is
      return value < -1e9 ? t("more.warm-up.unknown", { limit }) : t("more.warm-up", { value, limit });
    case "purge":
      return t("more.purge", { value, limit });
    case "press":
      return t("more.press", { value, limit });
    case "hold":
      return t("more.number", { value });
    case "rev":
      return t("more.rev", { value });
    case "scan":
    case "speed":
      return t("more.speed", { value });
    default:
      return word("more", now.name) === now.name ? "" : word("more", now.name);
  }
}

function Remaining({ prompt: { limit, at } }: { prompt: Prompt }) {
  const now = useNow(100);
  const left = Math.max(0, limit - (now - at));
  return (
    <div class="remaining">
      <span class="remaining-number">
        <Plain>{(left / 1000).toFixed(1)}</Plain> s
      </span>
      <progress max={limit} value={limit - left} aria-label={t("running.remaining")} />
    </div>
  );
}

// ---- keys that need words ----

function Reason({ title, why, send, close, danger, presets }: {
  title: string;
  why: string;
  send: (reason: string) => Promise<boolean>;
  close: () => void;
  danger?: boolean;
  presets: string[];
}) {
  const [reason, setReason, forget] = useDraft(`reason-${title}`, "");
  const [busy, setBusy] = useState(false);
  return (
    <Dialog title={title} onClose={close}>
      <p>{why}</p>
      <div class="choice-row presets">
        {presets.map((text) => (
          <button key={text} type="button" class="choice-option" aria-pressed={reason === text} onClick={() => setReason(text)}>
            {text}
          </button>
        ))}
      </div>
      <Field label={t("reason")} name="reason" value={reason} maxLength={100} onInput={(e) => setReason(e.currentTarget.value)} note={t("reason.needed")} />
      <div class="dialog-foot">
        <Button onClick={close}>{t("back")}</Button>
        <Button kind={danger ? "danger" : "primary"} busy={busy} disabled={!reason.trim()} onClick={() => {
          setBusy(true);
          void send(reason.trim()).then((sent) => {
            setBusy(false);
            if (sent) forget();
            close();
          });
        }}>
          {title}
        </Button>
      </div>
    </Dialog>
  );
}

function Abort({ id }: { id: string }) {
  const [open, setOpen] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const send = async (reason: string) => {
    if (!session.get()) {
      loginWanted.set(true);
      return false;
    }
    try {
      await post(`tests/${id}/key`, { key: "abort", text: reason });
      return true;
    } catch (problem) {
      setError(problem);
      return false;
    }
  };
  return (
    <div class="abort">
      <Button kind="danger" onClick={() => setOpen(true)}>
        {t("running.abort")}
      </Button>
      <Trouble error={error} />
      {open && (
        <Reason
          title={t("running.abort")}
          why={t("running.abort.why")}
          presets={[t("running.abort.driver"), t("running.abort.engine"), t("running.abort.danger"), t("running.abort.plate")]}
          send={send}
          close={() => setOpen(false)}
          danger
        />
      )}
    </div>
  );
}

function Bypass({ press }: { press: (reason: string) => Promise<boolean> }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t("running.bypass")}</Button>
      {open && <Reason title={t("running.bypass")} why={t("running.bypass.why")} presets={[t("running.bypass.nosensor"), t("running.bypass.driven")]} send={press} close={() => setOpen(false)} />}
    </>
  );
}

const grades = ["0", "0.5", "1", "1.5", "2", "2.5", "3", "3.5", "4", "4.5", "5"];

/** A grade and the picture that shows it, taken now. */
function Observe({ id, press, busy }: { id: string; press: (text: string) => Promise<boolean>; busy: boolean }) {
  const [grade, setGrade] = useState("");
  const [photo, setPhoto] = useState("");
  const [photos, setPhotos] = useState<string[]>([]);
  const send = async () => {
    if (await press(`ringelmann=${grade}${photo ? ` photo=${photo}` : ""}`)) {
      setGrade("");
      setPhoto("");
    }
  };
  return (
    <div class="observe">
      <Choice label={t("running.grade")} value={grade} options={grades.map((value) => ({ value, text: value }))} onChange={setGrade} />
      {photos.length > 0 && (
        <Choice label={t("running.grade.photo")} value={photo} options={photos.map((name) => ({ value: name, text: <Plain>{name}</Plain> }))} onChange={setPhoto} />
      )}
      <Button kind="primary" busy={busy} disabled={!grade} onClick={() => void send()}>
        {t("running.grade.enter")}
      </Button>
      <Photos id={id} onNames={setPhotos} />
    </div>
  );
}

// ---- what is measured ----

function Watch({ test, limits }: { test: Current; limits: Limit[] }) {
  const known = useStore(marks);
  const measured = useStore(newest, (n) => Object.keys(n).sort().join(" ")).split(" ");
  const quantity = main[test.method]?.find((q) => measured.includes(q));
  const limit = limits.find((l) => l.quantity === quantity);
  return (
    <div class="watch">
      <div class="readouts">
        {beside
          .filter((q) => measured.includes(q))
          .map((q) => (
            <Readout key={q} quantity={q} limit={limits.find((l) => l.quantity === q)} large={q === quantity} />
          ))}
      </div>
      {quantity && (
        <Curve
          label={word("quantity", quantity)}
          unit={unit(unitOf(quantity))}
          read={() => series(quantity)}
          marks={known.filter((m) => m.quantity === quantity)}
          limit={limit?.limit}
          height={220}
          window={WINDOW_MS}
          watch={onSamples}
        />
      )}
      <Marks marks={known} />
    </div>
  );
}

const units: Record<string, string> = { k: "1/m", opacity: "%", rpm: "r/min", oil_temp: "degC", nox: "1e-6", co: "%", hc: "1e-6", speed: "km/h", power: "kW" };
export function unitOf(quantity: string): string {
  return units[quantity] ?? "";
}

function Readout({ quantity, limit, large }: { quantity: string; limit?: Limit; large: boolean }) {
  const reading = useStore(newest, (n) => n[quantity]);
  const value = reading?.text ?? "";
  const good = !reading || reading.quality === "ok";
  return (
    <div class={`readout${large ? " readout-large" : ""}${good ? "" : " readout-doubtful"}`} data-quantity={quantity}>
      <span class="readout-name">{word("quantity", quantity)}</span>
      <span class="readout-value">
        <Plain>{value}</Plain>
      </span>
      <span class="readout-unit">
        {unit(unitOf(quantity))}
        {limit && <Plain> {`${limit.at_least ? "≥" : "≤"} ${limit.limit}`}</Plain>}
        {reading && !good && ` ${word("quality", reading.quality)}`}
      </span>
    </div>
  );
}

/** Accelerations and points as they were found; zeros and purges stand in the record. */
export function Marks({ marks: all }: { marks: Mark[] }) {
  const list = all.filter((m) => m.value && ["acceleration", "point"].includes(m.mark ?? m.kind ?? ""));
  if (list.length === 0) return null;
  return (
    <ol class="marks" aria-label={t("running.marks")}>
      {list.map((m) => (
        <li key={`${m.mark ?? m.kind} ${m.number} ${m.from_ms}`} class={m.counted ? "mark-counted" : "mark-idle"}>
          <span>
            {word("markkind", m.mark ?? m.kind ?? "")} {m.number}
          </span>
          <strong>
            <Plain>{m.value}</Plain>
          </strong>
          <span>{unit(m.unit ?? "")}</span>
          <span>{m.counted ? t("running.counted") : t("running.notcounted")}</span>
        </li>
      ))}
    </ol>
  );
}
