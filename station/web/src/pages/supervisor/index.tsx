// What a supervisor looks through: numbers without gaps, tests that were ended or made void, bypasses, locks that were opened by hand,
// what looks like cheating, and how the instruments' checks run.
import { useState } from "preact/hooks";
import { post, session } from "../../api";
import { useDraft } from "../../draft";
import { t, useLanguage, word } from "../../i18n";
import { status } from "../../live";
import { useRead } from "../../read";
import { href } from "../../router";
import { useStore } from "../../store";
import type { Lockout } from "../../types";
import type { Alert } from "../../types_pages";
import { Answer, Figure, Tabs } from "../../ui/answer";
import { Badge, Button, Dialog, Field, Notice, Panel, Plain, Table } from "../../ui/basic";
import { dayAndTime, Plate, Trouble } from "../../ui/words";
import { AlertRow } from "./alerts";
import { CheckCharts, type CheckRow } from "./charts";

interface Told {
  at: string;
  colour: string;
  id: string;
  officer: string;
  plate: string;
  reason: string;
}
interface Sequence {
  aborted: Told[];
  bypasses: Told[];
  cleared: { at: string; by: string; code: string; reason: string; subject: string }[];
  from: string;
  officers: { aborted: number; bypasses: number; failed: number; officer: string; passed: number; tests: number; voided: number }[];
  series: { count: number; first: number; kind: string; last: number; missing: number[] }[];
  to: string;
  voided: Told[];
}

type Part = "alerts" | "numbers" | "charts" | "people";
const CHECKS = 500;

export function Supervisor() {
  useLanguage();
  const [part, setPart] = useState<Part>("alerts");
  const alerts = useRead<{ alerts: Alert[] }>("alerts", {}, ["alert"]);
  const sequence = useRead<Sequence>("sequence", {}, ["test"]);
  const s = sequence.data;
  const missing = s?.series.reduce((sum, x) => sum + x.missing.length, 0);
  return (
    <>
      <div class="page-head">
        <h1>{t("nav.supervisor")}</h1>
        <Tabs
          label={t("nav.supervisor")}
          now={part}
          onChange={setPart}
          tabs={[
            { name: "alerts", text: t("alerts.title"), count: alerts.data?.alerts.length },
            { name: "numbers", text: t("supervisor.numbers") },
            { name: "charts", text: t("supervisor.charts") },
            { name: "people", text: t("supervisor.people") },
          ]}
        />
      </div>
      {s && (
        <dl class="figures panel">
          <Figure text={t("supervisor.missing")} value={missing} tone={missing ? "bad" : "good"} />
          <Figure text={t("verdict.aborted")} value={s.aborted.length} tone={s.aborted.length ? "warn" : undefined} />
          <Figure text={t("verdict.void")} value={s.voided.length} tone={s.voided.length ? "warn" : undefined} />
          <Figure text={t("supervisor.bypasses")} value={s.bypasses.length} tone={s.bypasses.length ? "warn" : undefined} />
          <Figure text={t("supervisor.cleared")} value={s.cleared.length} tone={s.cleared.length ? "warn" : undefined} />
          <Figure text={t("alerts.title")} value={alerts.data?.alerts.length ?? "–"} tone={alerts.data?.alerts.length ? "warn" : undefined} />
        </dl>
      )}
      {part === "alerts" && <Alerts of={alerts} />}
      {part === "numbers" && <Answer of={sequence}>{(x) => <Numbers sequence={x} />}</Answer>}
      {part === "charts" && <Charts />}
      {part === "people" && <Answer of={sequence}>{(x) => <People sequence={x} />}</Answer>}
    </>
  );
}

function Alerts({ of }: { of: ReturnType<typeof useRead<{ alerts: Alert[] }>> }) {
  const locked = useStore(status, (s) => s?.status.lockouts.filter((l) => l.by === "supervisor")) ?? [];
  const [clearing, setClearing] = useState<Lockout | null>(null);
  const role = useStore(session, (x) => x?.role);
  const chinese = useLanguage() !== "en";
  return (
    <>
      {locked.length > 0 && (
        <Panel title={t("supervisor.locked")}>
          {locked.map((l) => (
            <Notice key={`${l.code} ${l.plate}`} tone="warn" title={chinese ? l.title_zh : l.title}>
              <p>
                {l.plate && <Plate text={l.plate} colour={l.colour ?? ""} />} {l.what} · {t("now.since")} <Plain>{dayAndTime(l.since)}</Plain>
              </p>
              <Button disabled={role !== "supervisor"} onClick={() => setClearing(l)}>
                {t("supervisor.clear")}
              </Button>
            </Notice>
          ))}
        </Panel>
      )}
      <Panel title={t("alerts.title")}>
        <p class="small">{t("alerts.mean")}</p>
        <Answer of={of}>{({ alerts }) => (alerts.length === 0 ? <Badge tone="good">{t("alerts.none")}</Badge> : alerts.map((alert) => <AlertRow key={alert.seq} alert={alert} links />))}</Answer>
      </Panel>
      {clearing && <Clear lockout={clearing} onClose={() => setClearing(null)} />}
    </>
  );
}

function Clear({ lockout: l, onClose }: { lockout: Lockout; onClose: () => void }) {
  const [reason, setReason, forget] = useDraft(`clear ${l.code} ${l.plate}`, "");
  const [error, setError] = useState<unknown>(undefined);
  const [busy, setBusy] = useState(false);
  const send = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await post("lockouts/clear", { code: l.code, plate: l.plate || undefined, colour: l.colour || undefined, instrument: l.instrument || undefined, reason });
      forget();
      onClose();
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  return (
    <Dialog title={t("supervisor.clear")} onClose={onClose}>
      <p>{l.what}</p>
      <Field label={t("reason")} value={reason} note={t("reason.needed")} maxLength={200} onInput={(e) => setReason(e.currentTarget.value)} />
      <Trouble error={error} />
      <div class="dialog-foot">
        <Button onClick={onClose}>{t("cancel")}</Button>
        <Button kind="primary" busy={busy} disabled={!reason.trim()} onClick={() => void send()}>
          {t("supervisor.clear")}
        </Button>
      </div>
    </Dialog>
  );
}

function ToldTable({ title, rows }: { title: string; rows: Told[] }) {
  return (
    <Panel title={`${title} (${rows.length})`}>
      <Table
        caption={title}
        rows={rows}
        rowKey={(r) => r.id}
        empty={t("supervisor.nothing")}
        columns={[
          { title: t("when"), cell: (r) => <Plain>{dayAndTime(r.at)}</Plain> },
          {
            title: t("nav.vehicle"),
            cell: (r) => (
              <a class="link" href={href("vehicle", r.plate)}>
                <Plate text={r.plate} colour={r.colour} />
              </a>
            ),
          },
          { title: t("supervisor.test"), cell: (r) => <Plain>{r.id}</Plain> },
          { title: t("login.officer"), cell: (r) => <Plain>{r.officer}</Plain> },
          { title: t("reason"), cell: (r) => r.reason },
        ]}
      />
    </Panel>
  );
}

function Numbers({ sequence: s }: { sequence: Sequence }) {
  return (
    <>
      <Panel title={t("supervisor.numbers")}>
        <p class="small">{t("supervisor.numbers.mean")}</p>
        <Table
          caption={t("supervisor.numbers")}
          rows={s.series}
          rowKey={(r) => r.kind}
          empty={t("supervisor.nothing")}
          columns={[
            { title: t("supervisor.kind"), cell: (r) => word("happened", r.kind) },
            { title: t("supervisor.first"), cell: (r) => <Plain>{r.first}</Plain>, number: true },
            { title: t("supervisor.last"), cell: (r) => <Plain>{r.last}</Plain>, number: true },
            { title: t("supervisor.count"), cell: (r) => <Plain>{r.count}</Plain>, number: true },
            {
              title: t("supervisor.missing"),
              cell: (r) => (r.missing.length ? <Badge tone="bad">{r.missing.join("、")}</Badge> : <Badge tone="good">{t("supervisor.nogaps")}</Badge>),
            },
          ]}
        />
      </Panel>
      <ToldTable title={t("verdict.aborted")} rows={s.aborted} />
      <ToldTable title={t("verdict.void")} rows={s.voided} />
      <ToldTable title={t("supervisor.bypasses")} rows={s.bypasses} />
      <Panel title={`${t("supervisor.cleared")} (${s.cleared.length})`}>
        <Table
          caption={t("supervisor.cleared")}
          rows={s.cleared}
          rowKey={(r) => `${r.at} ${r.code} ${r.subject}`}
          empty={t("supervisor.nothing")}
          columns={[
            { title: t("when"), cell: (r) => <Plain>{dayAndTime(r.at)}</Plain> },
            { title: t("supervisor.lock"), cell: (r) => <Plain>{r.code}</Plain> },
            { title: t("supervisor.subject"), cell: (r) => <Plain>{r.subject}</Plain> },
            { title: t("supervisor.by"), cell: (r) => <Plain>{r.by}</Plain> },
            { title: t("reason"), cell: (r) => r.reason },
          ]}
        />
      </Panel>
    </>
  );
}

function Charts() {
  const checks = useRead<{ checks: CheckRow[] }>("checks", { limit: CHECKS });
  return (
    <Answer of={checks}>
      {({ checks: all }) => {
        const names = [...new Set(all.map((c) => c.instrument))].sort();
        if (names.length === 0) return <p class="empty empty-large">{t("charts.none")}</p>;
        return (
          <>
            {names.map((name) => (
              <Panel key={name} title={<Plain>{name}</Plain>}>
                <CheckCharts checks={all.filter((c) => c.instrument === name)} />
              </Panel>
            ))}
          </>
        );
      }}
    </Answer>
  );
}

function People({ sequence: s }: { sequence: Sequence }) {
  const officers = useRead<{ officers: { name: string; number: string }[] }>("officers");
  const nameOf = (number: string) => officers.data?.officers.find((o) => o.number === number)?.name ?? "";
  return (
    <Panel title={t("supervisor.people")}>
      <Table
        caption={t("supervisor.people")}
        rows={s.officers}
        rowKey={(o) => o.officer}
        empty={t("supervisor.nothing")}
        columns={[
          { title: t("login.officer"), cell: (o) => <Plain>{o.officer || "—"}</Plain> },
          { title: t("officers.name"), cell: (o) => nameOf(o.officer) },
          ...(["tests", "passed", "failed", "aborted", "voided", "bypasses"] as const).map((key) => ({
            title: t(`supervisor.n.${key}`),
            cell: (o: Sequence["officers"][number]) => <Plain>{o[key]}</Plain>,
            number: true,
          })),
          { title: t("supervisor.rate"), cell: (o) => <Plain>{o.passed + o.failed ? `${Math.round((100 * o.passed) / (o.passed + o.failed))} %` : "—"}</Plain>, number: true },
        ]}
      />
    </Panel>
  );
}
