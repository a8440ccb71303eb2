// After a test: the verdict as word, shape and colour, readable at five metres; then what belongs to it: pictures, signature, statement,
// slip. "Next vehicle" ends it.
import { useEffect, useState } from "preact/hooks";
import { get, loginWanted, post, session, url } from "../../api";
import { t, useLanguage, word } from "../../i18n";
import { href } from "../../router";
import { useStore } from "../../store";
import { type Current, setCurrent } from "../../testfeed";
import type { Limit, Mark, ShownTest, VerdictValue } from "../../types";
import { Button, Notice, Panel, Plain } from "../../ui/basic";
import { Curve } from "../../ui/curve";
import { Shape, verdictTone } from "../../ui/shape";
import { Plate, Trouble, unit } from "../../ui/words";
import { Photos } from "./photos";
import { Marks } from "./running";
import { Statement } from "./statement";

interface Readings {
  limits: Limit[];
  marks: Mark[];
  series: { quantity: string; unit: string; t_ms: number[]; values: (string | null)[] }[];
}

export function Result({ test }: { test: Current }) {
  useLanguage();
  const [shown, setShown] = useState<ShownTest | null>(null);
  const [readings, setReadings] = useState<Readings | null>(null);
  const [error, setError] = useState<unknown>(null);
  const read = () => {
    setError(null);
    get<ShownTest>(`tests/${test.id}`).then(setShown, setError);
    get<Readings>(`tests/${test.id}/readings`).then(setReadings, () => undefined); // the verdict stands without its curve
  };
  useEffect(read, [test.id]);
  if (!shown)
    return (
      <>
        <Trouble error={error} />
        {error ? <Button onClick={read}>{t("retry")}</Button> : <p class="empty">{t("loading")}</p>}
      </>
    );
  const verdict = shown.record?.verdict;
  return (
    <div class="result">
      <Verdict shown={shown} />
      <div class="result-grid">
        <div>
          {verdict && readings && <WholeCurve readings={readings} values={verdict.values} marks={verdict.marks} />}
          {verdict && !readings && <Marks marks={verdict.marks} />}
          <Photos id={test.id} />
        </div>
        <div>
          <Slip id={test.id} />
          <Statement id={test.id} />
          {shown.verdict === "fail" && (
            <Panel title={t("nav.cases")}>
              <p>{t("result.case")}</p>
              <a class="button" href={href("cases")}>
                {t("result.case.open")}
              </a>
            </Panel>
          )}
          <Button kind="primary" class="button-big button-next" onClick={() => setCurrent(null)}>
            {t("result.next")}
          </Button>
        </div>
      </div>
    </div>
  );
}

function Verdict({ shown }: { shown: ShownTest }) {
  const verdict = shown.record?.verdict;
  const tone = verdictTone(shown.verdict);
  const values = verdict?.values ?? [];
  return (
    <section class={`verdict tone-${tone}`} role="status" aria-live="assertive" data-verdict={shown.verdict}>
      <Shape tone={tone} />
      <div class="verdict-word">
        <strong>{word("verdict", shown.verdict)}</strong>
        {useLanguage() !== "en" && <span lang="en">{shown.verdict.toUpperCase()}</span>}
      </div>
      <div class="verdict-more">
        <p>
          <Plate text={shown.plate} colour={shown.colour} large />
        </p>
        {values.map((value) => (
          <Value key={`${value.quantity} ${value.point}`} value={value} />
        ))}
        {verdict && values.length === 0 && verdict.reasons.map((reason) => (
          <p key={reason} lang="en" dir="ltr" class="verdict-reason">
            {reason}
          </p>
        ))}
        <p class="verdict-id">
          <Plain>{shown.id}</Plain> · {word("method", shown.method)}
          {shown.record && (
            <Plain>
              {" "}
              · {shown.record.rules.pack} {shown.record.rules.version}
            </Plain>
          )}
        </p>
      </div>
    </section>
  );
}

function Value({ value: v }: { value: VerdictValue }) {
  return (
    <div class="verdict-value">
      <span>
        {word("quantity", v.quantity)}
        {v.point ? <Plain> {v.point}</Plain> : null}
      </span>
      <strong>
        <Plain>{v.value}</Plain>
      </strong>
      <span>{unit(v.unit)}</span>
      <span class="verdict-limit">
        {t("result.limit")} <Plain>{`${v.at_least ? "≥" : "≤"} ${v.limit}`}</Plain> {unit(v.unit)}
        {v.screening && ` · ${t("result.screening")}`}
      </span>
      <span class="verdict-clause">
        <Plain>{v.clause}</Plain>
        {v.status === "unconfirmed" && ` · ${t("result.unconfirmed")}`}
      </span>
    </div>
  );
}

function WholeCurve({ readings, values, marks }: { readings: Readings; values: VerdictValue[]; marks: Mark[] }) {
  const wanted = [values[0]?.quantity, "k", "opacity", "co"];
  const one = wanted.map((q) => readings.series.find((s) => s.quantity === q)).find((s) => s);
  if (!one) return null;
  const series = { t: one.t_ms, v: one.values.map((text) => (text === null || text === "" ? null : Number(text))) };
  const limit = values.find((v) => v.quantity === one.quantity)?.limit ?? readings.limits.find((l) => l.quantity === one.quantity)?.limit;
  return (
    <Panel>
      <Curve label={word("quantity", one.quantity)} unit={unit(one.unit)} read={() => series} marks={marks.filter((m) => m.quantity === one.quantity)} limit={limit} />
      <Marks marks={marks} />
    </Panel>
  );
}

function Slip({ id }: { id: string }) {
  const [state, setState] = useState<"" | "busy" | "printing">("");
  const [error, setError] = useState<unknown>(null);
  const lang = useLanguage();
  const who = useStore(session);
  const print = async () => {
    if (!session.get()) {
      loginWanted.set(true);
      return;
    }
    setState("busy");
    setError(null);
    try {
      await post(`print/${id}`);
      setState("printing");
    } catch (problem) {
      setError(problem);
      setState("");
    }
  };
  return (
    <Panel title={t("result.slip")}>
      <div class="slip-keys">
        <Button kind={who ? "primary" : "plain"} busy={state === "busy"} onClick={() => void print()}>
          {t("result.print")}
        </Button>
        <a class="button" href={url(`slips/${id}.pdf`, { size: "a5", lang: lang === "en" ? "zh-en" : lang })} target="_blank" rel="noopener">
          {t("result.pdf")}
        </a>
      </div>
      {state === "printing" && <Notice tone="good" title={t("result.printing")} live />}
      <Trouble error={error} />
    </Panel>
  );
}
