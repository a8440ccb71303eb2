// Each instrument with what it measures now, and its checks of the day: zero in clean air, span with a filter or gas, leak.
import { useEffect, useState } from "preact/hooks";
import { get, post, session } from "../../api";
import { useDraft } from "../../draft";
import { t, useLanguage, word } from "../../i18n";
import { status } from "../../live";
import { useRead } from "../../read";
import { useNow, useStore } from "../../store";
import type { Instrument } from "../../types";
import { Answer, VerdictBadge } from "../../ui/answer";
import { Badge, Button, Dialog, Field, Notice, Panel, Plain } from "../../ui/basic";
import { reasonText } from "../../ui/reasons";
import type { Tone } from "../../ui/shape";
import { age, dayAndTime, Trouble, unit } from "../../ui/words";
import type { CheckRow } from "../supervisor/charts";

type What = "zero" | "span" | "leak-test";
const ASK_MS = 1000;

export function instrumentTone(i: Instrument): Tone {
  if (i.state === "offline") return "bad";
  if (i.state !== "live") return "off";
  return i.status === "ok" ? "good" : "warn";
}

export function Instruments() {
  const instruments = useStore(status, (s) => s?.status.instruments);
  const checks = useRead<{ checks: CheckRow[] }>("checks", { limit: 100 });
  if (!instruments) return <p class="empty">{t("loading")}</p>;
  if (instruments.length === 0) return <p class="empty empty-large">{t("now.noinstruments")}</p>;
  return (
    <div class="devices">
      {instruments.map((i) => (
        <Device key={i.name} instrument={i} checks={checks.data?.checks.filter((c) => c.instrument === i.name) ?? []} onDone={() => void checks.reload()} />
      ))}
      <Answer of={checks}>{() => null}</Answer>
    </div>
  );
}

/** A leak test is for what draws gas through a probe. */
function kindsOf(i: Instrument, checks: CheckRow[]): What[] {
  const gas = ["co", "co2", "hc"].some((q) => q in i.values) || checks.some((c) => c.what === "leak-test");
  return gas ? ["zero", "span", "leak-test"] : ["zero", "span"];
}

function Device({ instrument: i, checks, onDone }: { instrument: Instrument; checks: CheckRow[]; onDone: () => void }) {
  const arrived = useStore(status, (s) => s?.at) ?? 0;
  const now = useNow(500);
  const locked = useStore(status, (s) => s?.status.lockouts.filter((l) => l.instrument === i.name)) ?? [];
  const [what, setWhat] = useState<What | null>(null);
  const chinese = useLanguage() !== "en";
  const last = (kind: What) => checks.find((c) => c.what === kind && c.verdict);
  return (
    <Panel
      class="device"
      title={<Plain>{i.name}</Plain>}
      aside={
        <Badge tone={instrumentTone(i)}>
          {word("state", i.state)}
          {i.state === "live" && i.status !== "ok" && ` · ${word("status", i.status)}`}
        </Badge>
      }
    >
      {locked.map((l) => (
        <Notice key={l.code} tone="warn" title={chinese ? l.title_zh : l.title}>
          {chinese ? l.clear_zh : l.clear}
        </Notice>
      ))}
      <dl class="readings">
        {Object.entries(i.values).map(([name, v]) => (
          <div key={name} class={v.quality === "ok" ? "" : "reading-off"}>
            <dt>{word("quantity", name)}</dt>
            <dd>
              <b>
                <Plain>{v.value}</Plain>
              </b>{" "}
              {unit(v.unit)}
              <small>
                {v.quality !== "ok" && `${word("quality", v.quality)} · `}
                {age(v.age_ms + Math.max(0, now - arrived))}
              </small>
            </dd>
          </div>
        ))}
      </dl>
      {Object.keys(i.values).length === 0 && <p class="empty">{t("now.noday")}</p>}
      <dl class="facts-list">
        {(
          [
            ["device.driver", [i.driver, i.model, i.firmware].filter(Boolean).join(" · ")],
            ["device.port", [i.link, i.port].filter(Boolean).join(" · ")],
            ["device.serial", i.serial_read && i.serial_read !== i.serial ? `${i.serial} ≠ ${i.serial_read}` : i.serial || i.serial_read],
            ["device.certificate", i.certificate && `${i.certificate} → ${i.valid_until || "?"}`],
            ["device.calibrated", i.calibrated],
          ] as const
        ).map(([key, text]) => (
          <div key={key} class="fact">
            <dt>{t(key)}</dt>
            <dd>
              <Plain>{text || "—"}</Plain>
            </dd>
          </div>
        ))}
      </dl>
      {i.detail && (
        <p class="small" lang="en" dir="ltr">
          {i.detail}
        </p>
      )}
      <div class="button-row">
        {kindsOf(i, checks).map((kind) => (
          <span key={kind} class="check-button">
            <Button onClick={() => setWhat(kind)}>{word("what", kind)}</Button>
            <small>
              {last(kind) ? (
                <>
                  <VerdictBadge verdict={last(kind)?.verdict ?? ""} /> <Plain>{dayAndTime(last(kind)?.ended_at ?? "")}</Plain>
                </>
              ) : (
                t("device.nocheck")
              )}
            </small>
          </span>
        ))}
      </div>
      {what && (
        <CheckDialog
          instrument={i}
          what={what}
          onClose={() => {
            setWhat(null);
            onDone();
          }}
        />
      )}
    </Panel>
  );
}

/** Runs one check; what came of it is shown when it has ended. */
function CheckDialog({ instrument, what, onClose }: { instrument: Instrument; what: What; onClose: () => void }) {
  const role = useStore(session, (s) => s?.role);
  const [filter, setFilter] = useDraft(`filter ${instrument.name}`, "");
  const [leak, setLeak] = useState("");
  const [check, setCheck] = useState("");
  const [commanded, setCommanded] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const [busy, setBusy] = useState(false);
  const may = role === "ecology" || role === "technician";
  const begin = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const answer = await post<{ check?: string }>(`instruments/${instrument.name}/check`, { what, filter: what === "span" ? filter : undefined, result: what === "leak-test" ? leak : undefined });
      if (answer.check) setCheck(answer.check);
      else setCommanded(true);
    } catch (problem) {
      setError(problem);
    }
    setBusy(false);
  };
  const order = async () => {
    setError(undefined);
    try {
      await post(`instruments/${instrument.name}/order`, { what: "leak-test" });
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <Dialog title={`${word("what", what)} · ${instrument.name}`} onClose={onClose}>
      {check ? (
        <Running check={check} />
      ) : commanded ? (
        <Notice tone="info" title={t("device.commanded")} />
      ) : (
        <>
          <p>{t(`device.how.${what}`)}</p>
          {!may && <Notice tone="warn" title={t("device.who")} />}
          {what === "span" && <Field label={t("device.filter")} value={filter} note={t("device.filter.note")} onInput={(e) => setFilter(e.currentTarget.value)} />}
          {what === "leak-test" && (
            <>
              <Button onClick={() => void order()}>{t("device.leak.order")}</Button>
              <div class="chips">
                {["none", "leak"].map((name) => (
                  <button key={name} type="button" class="choice-option" aria-pressed={leak === name} onClick={() => setLeak(name)}>
                    {word("leak", name)}
                  </button>
                ))}
              </div>
            </>
          )}
          <Trouble error={error} />
          <div class="dialog-foot">
            <Button onClick={onClose}>{t("cancel")}</Button>
            <Button kind="primary" busy={busy} disabled={(what === "span" && !filter.trim()) || (what === "leak-test" && !leak)} onClick={() => void begin()}>
              {t("device.begin")}
            </Button>
          </div>
        </>
      )}
    </Dialog>
  );
}

function Running({ check }: { check: string }) {
  const [row, setRow] = useState<(CheckRow & { record?: { result?: CheckRow["result"] } }) | null>(null);
  const [error, setError] = useState<unknown>(undefined);
  useEffect(() => {
    let over = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      try {
        const now = await get<CheckRow>(`checks/${check}`);
        if (over) return;
        setRow(now);
        setError(undefined);
        if (now.verdict) return;
      } catch (problem) {
        if (!over) setError(problem);
      }
      if (!over) timer = setTimeout(() => void ask(), ASK_MS);
    };
    void ask();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [check]);
  const result = row?.record?.result;
  if (!row?.verdict)
    return (
      <>
        <Notice tone="info" title={t("device.running")} />
        <Trouble error={error} />
      </>
    );
  return (
    <>
      <p aria-live="polite" class="check-result">
        <VerdictBadge verdict={row.verdict} /> <Plain>{check}</Plain>
      </p>
      <ul class="reasons">
        {result?.values.map((v) => (
          <li key={v.quantity}>
            {word("quantity", v.quantity)} {t("charts.off")} <Plain>{v.value}</Plain> · {t("charts.allowed")} <Plain>{v.limit}</Plain> {unit(v.unit)}
          </li>
        ))}
        {result?.reasons.map((r) => (
          <li key={r}>{reasonText(r)}</li>
        ))}
      </ul>
    </>
  );
}
