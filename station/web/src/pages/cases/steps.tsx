// The steps of a case as they were taken, its deadlines, and how its delivery stands.
import { useState } from "preact/hooks";
import { post, session } from "../../api";
import { t, useLanguage, word } from "../../i18n";
import { useStore } from "../../store";
import type { Case, CaseStep, Due, OutboxRow } from "../../types_pages";
import { Badge, Button, Plain } from "../../ui/basic";
import type { Tone } from "../../ui/shape";
import { dayAndTime, Trouble } from "../../ui/words";
import { DueShort } from "./list";
import { WAY, wayOf } from "./queues";
import { stateTone } from "./words";

export function Way({ state }: { state: string }) {
  const at = wayOf(state);
  return (
    <ol class="way" aria-label={t("cases.way")}>
      {WAY.map((step, i) => (
        <li key={step} class={at < 0 ? "way-left" : i < at ? "way-done" : i === at ? "way-now" : ""} aria-current={i === at ? "step" : undefined}>
          <span class="way-dot" aria-hidden="true">
            {i < at ? "✓" : i + 1}
          </span>
          {word("way", step)}
        </li>
      ))}
    </ol>
  );
}

export function StepRow({ step }: { step: CaseStep }) {
  return (
    <li class="step">
      <Plain class="step-at">{dayAndTime(step.at)}</Plain>
      <span>
        <b>{word("act", step.act)}</b> <Badge tone={stateTone(step.to)}>{word(step.track === "repair" ? "repair" : "case", step.to)}</Badge>
        <small>
          {step.officer ? (
            <>
              <Plain>{step.officer}</Plain> {word("role", step.role)}
            </>
          ) : (
            word("role", step.role)
          )}
          {step.police && (
            <>
              {" · "}
              {t("acts.police")} <Plain>{step.police}</Plain>
            </>
          )}
          {" · "}
          {t("journal.event", { n: step.event })}
        </small>
        {step.reason && <p>{step.reason}</p>}
        {step.number && (
          <p>
            {t("acts.number")} <Plain>{step.number}</Plain>
          </p>
        )}
        {step.ground !== null && step.ground > 0 && <p>{word("ground", String(step.ground))}</p>}
        {step.until && (
          <p>
            {t("acts.until")} <Plain>{step.until}</Plain>
          </p>
        )}
        {step.detail && <p class="small mono detail">{step.detail}</p>}
      </span>
    </li>
  );
}

export function Deadlines({ due }: { due: Due[] }) {
  useLanguage();
  if (due.length === 0) return <p class="empty">{t("cases.nodue")}</p>;
  return (
    <ul class="deadlines">
      {[...due]
        .sort((a, b) => (a.due_at < b.due_at ? -1 : 1))
        .map((d) => (
          <li key={d.deadline}>
            <DueShort due={d} />
            <small>
              {d.clause}
              {d.status === "unconfirmed" && ` · ${t("bar.unconfirmed")}`}
              {d.assumed && ` · ${t("due.assumed")}`}
            </small>
          </li>
        ))}
    </ul>
  );
}

export function outboxTone(state: string): Tone {
  if (state === "sent") return "good";
  if (state === "refused" || state === "unknown") return "bad";
  return state === "retry" ? "warn" : "info";
}

/** One receiver's copy of a case; who may, sends it again. */
export function Delivery({ row, onDone }: { row: OutboxRow; onDone: () => void }) {
  const role = useStore(session, (s) => s?.role);
  const [busy, setBusy] = useState("");
  const [error, setError] = useState<unknown>(undefined);
  const may = (role === "ecology" || role === "supervisor") && row.state !== "sent";
  const order = async (what: "retry" | "release") => {
    setBusy(what);
    setError(undefined);
    try {
      await post(`outbox/${row.case}`, { what, outlet: row.outlet });
      onDone();
    } catch (problem) {
      setError(problem);
    }
    setBusy("");
  };
  return (
    <article class="delivery">
      <header>
        <h3>
          <Plain>{row.outlet}</Plain>
        </h3>
        <Badge tone={outboxTone(row.state)}>{word("outbox", row.state)}</Badge>
      </header>
      <p>
        {t("outbox.attempts", { n: row.attempts })}
        {row.receipt_id && (
          <>
            {" · "}
            {t("outbox.receipt")} <Plain class="mono">{row.receipt_id}</Plain>
          </>
        )}
        {row.state !== "sent" && row.next_at && (
          <>
            {" · "}
            {t("outbox.next")} <Plain>{dayAndTime(row.next_at)}</Plain>
          </>
        )}
      </p>
      {row.state !== "sent" && row.last_status && (
        <p class="small" lang="en" dir="ltr">
          {row.last_status}
        </p>
      )}
      {may && (
        <div class="button-row">
          <Button busy={busy === "retry"} onClick={() => void order("retry")}>
            {t("outbox.again")}
          </Button>
          {row.state === "refused" && (
            <Button busy={busy === "release"} onClick={() => void order("release")}>
              {t("outbox.release")}
            </Button>
          )}
        </div>
      )}
      <Trouble error={error} />
    </article>
  );
}

export function Deliveries({ shown, onDone }: { shown: Case; onDone: () => void }) {
  const rows = shown.deliveries.filter((row) => row.outlet);
  return (
    <>
      {rows.length === 0 && <p class="empty">{shown.sealed ? t("cases.sealednotsent") : t("cases.notsealed")}</p>}
      {rows.map((row) => (
        <Delivery key={row.outlet} row={row} onDone={onDone} />
      ))}
      {shown.decisions.length > 0 && <h3>{t("cases.decisions")}</h3>}
      {shown.decisions.map((d) => (
        <p key={`${d.outlet} ${d.n}`}>
          <Plain>{dayAndTime(d.at)}</Plain> <b>{word("decision", d.decision)}</b> <Plain>{d.outlet}</Plain> {d.stage !== "done" && <Badge tone="warn">{word("stage", d.stage)}</Badge>}
        </p>
      ))}
    </>
  );
}
