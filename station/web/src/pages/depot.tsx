// A visit to a fleet's depot: who is on the list, how far it is, who did not come and why; and how a list gets in.
import { useState } from "preact/hooks";
import { ApiError, post, session, upload } from "../api";
import { useDraft } from "../draft";
import { t, useLanguage, word } from "../i18n";
import { status } from "../live";
import { useRead } from "../read";
import { go, href } from "../router";
import type { PageProps } from "../routes";
import { useStore } from "../store";
import { Answer, Figure, Tabs } from "../ui/answer";
import { Badge, Button, Dialog, Field, Notice, Panel, Plain, Table } from "../ui/basic";
import type { Tone } from "../ui/shape";
import { Plate, Trouble } from "../ui/words";

interface Listed {
  absent_reason: string;
  colour: string;
  fleet: string;
  line: number;
  plate: string;
  state: string;
  test: string;
  tests: number;
}
interface Roster {
  from: string;
  name: string;
  roster: number;
  to: string;
  vehicles: Listed[];
}
type Sums = Record<"absent" | "failed" | "listed" | "no-result" | "not-presented" | "passed" | "passed-first" | "retested" | "running" | "tested" | "waiting", number>;
interface Report {
  fleets: (Sums & { fleet: string })[];
  total: Sums;
}

const STATES = ["running", "waiting", "no-result", "failed", "passed", "absent", "not-presented"];

function tone(state: string): Tone {
  if (state === "passed") return "good";
  if (state === "failed") return "bad";
  if (state === "no-result" || state === "not-presented") return "warn";
  return state === "absent" ? "off" : "info";
}

export function Depot({ argument }: PageProps) {
  useLanguage();
  const [importing, setImporting] = useState(false);
  const roster = useRead<Roster>(argument ? `rosters/${argument}` : "rosters", {}, ["test"]);
  const none = !argument && roster.error instanceof ApiError && (roster.error.status === 400 || roster.error.status === 404);
  return (
    <>
      <div class="page-head">
        <h1>{t("nav.depot")}</h1>
        <Button kind={none ? "primary" : "plain"} onClick={() => setImporting(true)}>
          {t("depot.import")}
        </Button>
      </div>
      {none ? <p class="empty empty-large">{t("depot.none")}</p> : <Answer of={roster}>{(r) => <Visit roster={r} onChange={() => void roster.reload()} />}</Answer>}
      {importing && (
        <Import
          onClose={() => setImporting(false)}
          onDone={(number) => {
            setImporting(false);
            go("depot", String(number));
            void roster.reload();
          }}
        />
      )}
    </>
  );
}

function Visit({ roster, onChange }: { roster: Roster; onChange: () => void }) {
  const report = useRead<Report>(`rosters/${roster.roster}/report`, {}, ["test"]);
  const [state, setState] = useState("all");
  const [absent, setAbsent] = useState<Listed | null>(null);
  const shown = roster.vehicles.filter((v) => state === "all" || v.state === state);
  const total = report.data?.total;
  return (
    <>
      <Panel
        title={
          <>
            {t("depot.roster", { n: roster.roster })} <Plain>{roster.name}</Plain>
          </>
        }
        aside={
          <span class="button-row">
            {roster.roster > 1 && (
              <a class="button" href={href("depot", String(roster.roster - 1))}>
                {t("depot.before")}
              </a>
            )}
            <a class="button" href={href("depot")}>
              {t("depot.newest")}
            </a>
          </span>
        }
      >
        <p class="small">
          {t("depot.lasts")} <Plain>{roster.from.slice(0, 10)}</Plain> – <Plain>{lastDay(roster.to)}</Plain>
        </p>
        {total && (
          <>
            <Progress total={total} />
            <dl class="figures">
              <Figure text={t("depot.listed")} value={total.listed} />
              <Figure text={t("depot.tested")} value={total.tested} />
              <Figure text={t("roster.passed")} value={total.passed} note={t("depot.first", { n: total["passed-first"] })} tone="good" />
              <Figure text={t("roster.failed")} value={total.failed} tone={total.failed ? "bad" : undefined} />
              <Figure text={t("depot.retested")} value={total.retested} />
              <Figure text={t("depot.missing")} value={total.absent + total["not-presented"]} tone={total["not-presented"] ? "warn" : undefined} />
            </dl>
          </>
        )}
      </Panel>
      <Panel title={t("depot.vehicles")}>
        <Tabs
          label={t("depot.vehicles")}
          now={state}
          onChange={setState}
          tabs={[
            { name: "all", text: t("wall.all"), count: roster.vehicles.length },
            ...STATES.map((name) => ({ name, text: word("roster", name), count: roster.vehicles.filter((v) => v.state === name).length })).filter((tab) => tab.count > 0),
          ]}
        />
        <ol class="rows">
          {shown.map((v) => (
            <li key={v.line} class="row depot-row">
              <Plate text={v.plate} colour={v.colour} />
              <span>
                <Badge tone={tone(v.state)}>{word("roster", v.state)}</Badge>
                {v.tests > 1 && <small>{t("depot.tests", { n: v.tests })}</small>}
                {v.absent_reason && <small>{v.absent_reason}</small>}
              </span>
              <span class="depot-fleet">{v.fleet || "—"}</span>
              <span class="button-row">
                <a class="button" href={href("vehicle", v.plate)}>
                  {t("wall.history")}
                </a>
                {(v.state === "waiting" || v.state === "not-presented") && <Button onClick={() => setAbsent(v)}>{t("depot.absent")}</Button>}
              </span>
            </li>
          ))}
        </ol>
      </Panel>
      <Panel title={t("depot.fleets")}>
        <Answer of={report}>
          {(r) => (
            <Table
              caption={t("depot.fleets")}
              rows={r.fleets}
              rowKey={(f) => f.fleet}
              columns={[
                { title: t("depot.fleet"), cell: (f) => f.fleet || "—" },
                ...(["listed", "tested", "passed", "failed", "waiting", "absent", "not-presented"] as const).map((key) => ({
                  title: key === "listed" || key === "tested" ? t(`depot.${key}`) : word("roster", key),
                  cell: (f: Sums) => <Plain>{f[key]}</Plain>,
                  number: true,
                })),
              ]}
            />
          )}
        </Answer>
      </Panel>
      {absent && (
        <Absent
          vehicle={absent}
          onClose={() => setAbsent(null)}
          onDone={() => {
            setAbsent(null);
            onChange();
            void report.reload();
          }}
        />
      )}
    </>
  );
}

/** `to` is the moment after the last day. */
function lastDay(to: string): string {
  const end = new Date(Date.parse(`${to.slice(0, 10)}T00:00:00Z`) - 86_400_000);
  return end.toISOString().slice(0, 10);
}

function Progress({ total }: { total: Sums }) {
  let x = 0;
  const parts = (["passed", "failed", "no-result", "absent"] as const).map((name) => {
    const width = total.listed ? (100 * total[name]) / total.listed : 0;
    const from = x;
    x += width;
    return <rect key={name} class={`part part-${name}`} x={from} y="0" width={width} height="16" />;
  });
  const done = total.listed - total.waiting - total.running;
  return (
    <div class="progress">
      <svg viewBox="0 0 100 16" preserveAspectRatio="none" aria-hidden="true">
        <rect class="bar-ground" width="100" height="16" />
        {parts}
      </svg>
      <b>{t("depot.progress", { done, all: total.listed })}</b>
    </div>
  );
}

function Absent({ vehicle, onClose, onDone }: { vehicle: Listed; onClose: () => void; onDone: () => void }) {
  const [reason, setReason, forget] = useDraft(`absent ${vehicle.plate}`, "");
  const [error, setError] = useState<unknown>(undefined);
  const [busy, setBusy] = useState(false);
  const send = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await post("rosters/absent", { plate: vehicle.plate, colour: vehicle.colour, reason });
      forget();
      onDone();
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  return (
    <Dialog title={t("depot.absent")} onClose={onClose}>
      <p>
        <Plate text={vehicle.plate} colour={vehicle.colour} /> {vehicle.fleet}
      </p>
      <div class="chips">
        {(["repair", "away", "sold", "refused"] as const).map((name) => (
          <button key={name} type="button" class="choice-option" aria-pressed={reason === t(`depot.reason.${name}`)} onClick={() => setReason(t(`depot.reason.${name}`))}>
            {t(`depot.reason.${name}`)}
          </button>
        ))}
      </div>
      <Field label={t("reason")} value={reason} note={t("reason.needed")} maxLength={200} onInput={(e) => setReason(e.currentTarget.value)} />
      <Trouble error={error} />
      <div class="dialog-foot">
        <Button onClick={onClose}>{t("cancel")}</Button>
        <Button kind="primary" busy={busy} disabled={!reason.trim()} onClick={() => void send()}>
          {t("ok")}
        </Button>
      </div>
    </Dialog>
  );
}

// ---- import ----

interface Imported {
  name: string;
  roster: number;
  unused_columns: string;
  vehicles: number;
}

function Import({ onClose, onDone }: { onClose: () => void; onDone: (roster: number) => void }) {
  const today = useStore(status, (s) => s?.status.clock.at.slice(0, 10)) ?? "";
  const role = useStore(session, (s) => s?.role);
  const [days, setDays] = useDraft("roster days", { from: "", to: "" });
  const [file, setFile] = useState<File | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const [done, setDone] = useState<Imported | null>(null);
  const problems = error instanceof ApiError && Array.isArray(error.answer.problems) ? (error.answer.problems as { line: number; text: string }[]) : [];
  const send = async () => {
    if (!file) return;
    setBusy(true);
    setError(undefined);
    try {
      setDone(await upload<Imported>("rosters", file, "text/csv", { name: file.name, from: days.from, to: days.to }));
    } catch (problem) {
      setError(problem);
    }
    setBusy(false);
  };
  if (done)
    return (
      <Dialog title={t("depot.imported", { n: done.vehicles })} onClose={() => onDone(done.roster)}>
        {done.unused_columns && <p>{t("depot.unused", { columns: done.unused_columns })}</p>}
        <Button kind="primary" onClick={() => onDone(done.roster)}>
          {t("ok")}
        </Button>
      </Dialog>
    );
  return (
    <Dialog title={t("depot.import")} onClose={onClose}>
      <p>{t("depot.import.how")}</p>
      {role && role !== "ecology" && role !== "supervisor" && <Notice tone="warn" title={t("depot.import.who")} />}
      <Field label={t("depot.file")} type="file" accept=".csv,.txt,text/csv" onChange={(e) => setFile(e.currentTarget.files?.[0] ?? null)} />
      <div class="two">
        <Field label={t("depot.from")} type="date" value={days.from} note={today} onInput={(e) => setDays((old) => ({ ...old, from: e.currentTarget.value }))} />
        <Field label={t("depot.to")} type="date" value={days.to} onInput={(e) => setDays((old) => ({ ...old, to: e.currentTarget.value }))} />
      </div>
      <Trouble error={error} />
      {problems.length > 0 && (
        <Table
          caption={t("depot.problems")}
          rows={problems}
          rowKey={(p) => `${p.line} ${p.text}`}
          columns={[
            { title: t("depot.line"), cell: (p) => <Plain>{p.line}</Plain>, number: true },
            { title: t("depot.wrong"), cell: (p) => <span lang="en">{p.text}</span> },
          ]}
        />
      )}
      <div class="dialog-foot">
        <Button onClick={onClose}>{t("cancel")}</Button>
        <Button kind="primary" busy={busy} disabled={!file} onClick={() => void send()}>
          {t("depot.import")}
        </Button>
      </div>
    </Dialog>
  );
}
