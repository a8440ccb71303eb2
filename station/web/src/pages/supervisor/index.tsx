// What a supervisor looks through: numbers without gaps, tests that were ended or made void, bypasses, locks that were opened by hand,
// what looks like cheating, and how the instruments' checks run.
import { useState } from "preact/hooks";
import { post, session } from "../../api";
import { useDraft } from "../../draft";
import { t, useLanguage, word } from "../../i18n";
import { status } from "../../live";
import { useRead } from "../../read";
import { go, href } from "../../router";
import type { PageProps } from "../../routes";
import { useStore } from "../../store";
import type { Lockout } from "../../types";
import type { Alert } from "../../types_pages";
import { Answer, Figure, Tabs } from "../../ui/answer";
import { Badge, Button, Dialog, Field, Notice, Panel, Plain, Table } from "../../ui/basic";
import { dayAndTime, Plate, Trouble } from "../../ui/words";
import { AlertRow } from "./alerts";
import { CheckCharts, type CheckRow } from "./charts";

interface Noted {
  at: string;
  id: string;
  officer: string;
  plate: string;
  reason: string;
  what: "aborted" | "bypassed" | "void";
}
interface Sequence {
  cleared: { at: string; by: string; code: string; reason: string; subject: string }[];
  gaps: { after: number; before: number }[];
  noted: Noted[];
  officers: { aborted: number; bypassed: number; failed: number; invalid: number; officer: string; passed: number; tests: number; void: number }[];
  seq_first: number;
  seq_last: number;
  seq_running: number;
}

const KINDS = ["aborted", "void", "bypassed"] as const;
const PARTS = ["alerts", "numbers", "charts", "people"] as const;
const CHECKS = 500;

export function Supervisor({ argument }: PageProps) {
  useLanguage();
  const part = PARTS.find((name) => name === argument) ?? "alerts";
  const alerts = useRead<{ alerts: Alert[] }>("alerts", {}, ["alert"]);
  const sequence = useRead<Sequence>("sequence", {}, ["test"]);
  const s = sequence.data;
  const missing = s?.gaps.reduce((sum, gap) => sum + gap.before - gap.after - 1, 0);
  const count = (what: Noted["what"]) => s?.noted.filter((n) => n.what === what).length ?? 0;
  return (
    <>
      <div class="page-head">
        <h1>{t("nav.supervisor")}</h1>
        <Tabs
          label={t("nav.supervisor")}
          now={part}
          onChange={(name) => go("supervisor", name)}
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
          {KINDS.map((what) => (
            <Figure key={what} text={word("noted", what)} value={count(what)} tone={count(what) ? "warn" : undefined} />
          ))}
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

function NotedTable({ title, rows }: { title: string; rows: Noted[] }) {
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
                <Plain>{r.plate}</Plain>
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
      <Panel title={t("supervisor.numbers")} aside={<Badge tone={s.gaps.length ? "bad" : "good"}>{s.gaps.length ? t("supervisor.gaps") : t("supervisor.nogaps")}</Badge>}>
        <p>{t("supervisor.numbers.mean")}</p>
        <p>
          {t("supervisor.range")}{" "}
          <Plain>
            {s.seq_first} – {s.seq_last}
          </Plain>
          {s.seq_running > 0 && (
            <>
              {" · "}
              {t("running")} <Plain>{s.seq_running}</Plain>
            </>
          )}
        </p>
        {s.gaps.map((gap) => (
          <Notice key={gap.after} tone="bad" title={t("supervisor.gap", { after: gap.after, before: gap.before })} />
        ))}
      </Panel>
      {KINDS.map((what) => (
        <NotedTable key={what} title={word("noted", what)} rows={s.noted.filter((n) => n.what === what)} />
      ))}
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
          ...(["tests", "passed", "failed", "invalid", "aborted", "void", "bypassed"] as const).map((key) => ({
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
