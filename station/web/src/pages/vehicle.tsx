// Everything that is known of one vehicle, newest first, and the curves of its tests over each other: has the same engine really become so
// much better?
import { useEffect, useState } from "preact/hooks";
import { get } from "../api";
import { t, useLanguage, word } from "../i18n";
import { useRead } from "../read";
import { go, href } from "../router";
import type { PageProps } from "../routes";
import type { TestRow } from "../types";
import type { Alert, OutboxRow, PassRow, Readings } from "../types_pages";
import { Answer, Figure, Tabs, VerdictBadge } from "../ui/answer";
import { ValueBar } from "../ui/bar";
import { Badge, Button, Field, Panel, Plain } from "../ui/basic";
import { Curves, CURVES_MAX, WITH_CURVE, type Curve } from "../ui/curves";
import { reasonText } from "../ui/reasons";
import { dayAndTime, Plate, Trouble } from "../ui/words";
import { stateTone } from "./cases/words";
import { AlertRow } from "./supervisor/alerts";

interface History {
  alerts: Alert[];
  cases: OutboxRow[];
  checklists: { checklist: string; colour: string; ended_at: string | null; list: string; started_at: string; test: string }[];
  imported: { at: string; colour: string; exceeded: string[]; id: string; kind: string; method: string; station: string; verdict: string }[];
  passes: PassRow[];
  plate: string;
  referrals: { at: string; authority: string; checklist: string; items: { item: string; remark: string; text: string }[]; seq: number }[];
  rosters: { absent_reason: string; fleet: string; line: number; roster: number }[];
  tests: TestRow[];
}

export function Vehicle({ argument }: PageProps) {
  useLanguage();
  return (
    <>
      <div class="page-head">
        <h1>{argument ? <PlateTitle text={argument} /> : t("nav.vehicle")}</h1>
        <Search key={argument} text={argument} />
      </div>
      {argument ? <Known key={argument} plate={argument} /> : <Recent />}
    </>
  );
}

function PlateTitle({ text }: { text: string }) {
  return (
    <>
      <span class="unseen">{t("nav.vehicle")} </span>
      <Plain>{text}</Plain>
    </>
  );
}

function Search({ text }: { text: string }) {
  const [plate, setPlate] = useState(text);
  return (
    <form
      class="search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        if (plate.trim()) go("vehicle", plate.trim().toUpperCase());
      }}
    >
      <Field label={t("vehicle.plate")} value={plate} autocapitalize="characters" spellcheck={false} placeholder="新A12345" onInput={(e) => setPlate(e.currentTarget.value)} />
      <Button kind="primary" type="submit" disabled={!plate.trim()}>
        {t("vehicle.search")}
      </Button>
    </form>
  );
}

function Recent() {
  const tests = useRead<{ tests: TestRow[] }>("tests", { limit: 12 }, ["test"]);
  const passes = useRead<{ passes: PassRow[] }>("passes", { limit: 12 });
  return (
    <div class="two">
      <Panel title={t("vehicle.lasttests")}>
        <Answer of={tests}>
          {({ tests: rows }) => (
            <ol class="rows">
              {rows.map((row) => (
                <li key={row.id}>
                  <a class="row recent-row" href={href("vehicle", row.plate)}>
                    <Plate text={row.plate} colour={row.colour} />
                    <VerdictBadge verdict={row.verdict} />
                    <Plain class="small">{dayAndTime(row.started_at)}</Plain>
                  </a>
                </li>
              ))}
              {rows.length === 0 && <p class="empty">{t("vehicle.notests")}</p>}
            </ol>
          )}
        </Answer>
      </Panel>
      <Panel title={t("vehicle.lastpasses")}>
        <Answer of={passes}>
          {({ passes: rows }) => (
            <ol class="rows">
              {rows
                .filter((row) => row.plate)
                .map((row) => (
                  <li key={row.id}>
                    <a class="row recent-row" href={href("vehicle", row.plate)}>
                      <Plate text={row.plate} colour={row.colour} />
                      <VerdictBadge verdict={row.verdict} />
                      <Plain class="small">{dayAndTime(row.at)}</Plain>
                    </a>
                  </li>
                ))}
              {rows.length === 0 && <p class="empty">{t("wall.empty")}</p>}
            </ol>
          )}
        </Answer>
      </Panel>
    </div>
  );
}

function Known({ plate }: { plate: string }) {
  const history = useRead<History>(`plates/${plate}`, {}, ["test", "case"]);
  return (
    <Answer of={history}>
      {(h) => {
        const none = h.tests.length + h.passes.length + h.imported.length + h.checklists.length + h.rosters.length === 0;
        if (none) return <p class="empty empty-large">{t("vehicle.unknown")}</p>;
        const valid = h.passes.filter((p) => p.valid);
        return (
          <>
            <dl class="figures">
              <Figure text={t("vehicle.tests")} value={h.tests.length} />
              <Figure text={t("vehicle.failed")} value={h.tests.filter((x) => x.verdict === "fail").length} tone={h.tests.some((x) => x.verdict === "fail") ? "bad" : undefined} />
              <Figure text={t("vehicle.passes")} value={h.passes.length} />
              <Figure text={t("vehicle.over")} value={valid.filter((p) => p.verdict !== "pass").length} tone={valid.some((p) => p.verdict !== "pass") ? "warn" : undefined} />
              <Figure text={t("vehicle.cases")} value={h.cases.length} />
            </dl>
            <Compare tests={h.tests} />
            <Timeline history={h} />
          </>
        );
      }}
    </Answer>
  );
}

// ---- curves ----

function Compare({ tests }: { tests: TestRow[] }) {
  const usable = tests.filter((test) => WITH_CURVE.includes(test.method) && test.verdict);
  const [chosen, setChosen] = useState(() => usable.slice(0, 2).map((test) => test.id));
  const [look, setLook] = useState<"over" | "beside">("over");
  const { curves, error } = useReadings(chosen);
  if (usable.length === 0) return null;
  const toggle = (id: string) => setChosen((old) => (old.includes(id) ? old.filter((x) => x !== id) : [...old, id].slice(-CURVES_MAX)));
  const named = curves.map((c) => ({ ...c, name: nameOf(usable, c.name) }));
  return (
    <Panel
      title={t("vehicle.compare")}
      aside={
        <Tabs
          label={t("vehicle.compare")}
          now={look}
          onChange={setLook}
          tabs={[
            { name: "over", text: t("vehicle.over.each") },
            { name: "beside", text: t("vehicle.beside") },
          ]}
        />
      }
    >
      <div class="chips" role="group" aria-label={t("vehicle.choose")}>
        {usable.map((test) => (
          <button key={test.id} type="button" class="choice-option" aria-pressed={chosen.includes(test.id)} onClick={() => toggle(test.id)}>
            <Plain>{dayAndTime(test.started_at)}</Plain> {word("verdict", test.verdict)}
          </button>
        ))}
      </div>
      <Trouble error={error} />
      {named.length === 0 ? (
        <p class="empty">{chosen.length && !error ? t("loading") : t("vehicle.choose")}</p>
      ) : look === "over" ? (
        <Curves key={chosen.join()} curves={named} />
      ) : (
        <div class="two">
          {named.map((curve) => (
            <div key={curve.name}>
              <h3>
                <Plain>{curve.name}</Plain>
              </h3>
              <Curves curves={[curve]} />
            </div>
          ))}
        </div>
      )}
    </Panel>
  );
}

function nameOf(tests: TestRow[], id: string): string {
  const test = tests.find((x) => x.id === id);
  return test ? `${dayAndTime(test.started_at)} ${word("verdict", test.verdict)}` : id;
}

function useReadings(ids: string[]): { curves: Curve[]; error: unknown } {
  const [known, setKnown] = useState<Record<string, Readings>>({});
  const [error, setError] = useState<unknown>(undefined);
  useEffect(() => {
    for (const id of ids)
      if (!known[id])
        get<Readings>(`tests/${id}/readings`).then(
          (readings) => setKnown((old) => ({ ...old, [id]: readings })),
          (problem: unknown) => setError(problem),
        );
  }, [ids.join()]);
  return { curves: ids.flatMap((id) => (known[id] ? [{ name: id, readings: known[id] as Readings }] : [])), error };
}

// ---- what happened ----

interface Happened {
  at: string;
  key: string;
  kind: "test" | "pass" | "imported" | "checklist" | "referral" | "roster" | "alert";
  show: () => preact.ComponentChildren;
}

function Timeline({ history: h }: { history: History }) {
  const [kind, setKind] = useState<Happened["kind"] | "all">("all");
  const all: Happened[] = [
    ...h.tests.map((test) => ({ at: test.started_at, key: test.id, kind: "test" as const, show: () => <TestLine test={test} row={h.cases.find((c) => c.subject === test.id)} /> })),
    ...h.passes.map((pass) => ({ at: pass.at, key: pass.id, kind: "pass" as const, show: () => <PassLine pass={pass} row={h.cases.find((c) => c.subject === pass.id)} /> })),
    ...h.imported.map((fact) => ({ at: fact.at, key: `i${fact.id}`, kind: "imported" as const, show: () => <ImportedLine fact={fact} /> })),
    ...h.checklists.map((c) => ({
      at: c.started_at,
      key: c.checklist,
      kind: "checklist" as const,
      show: () => (
        <>
          <a class="link" href={href("checklist", c.checklist)}>
            <Plain>{c.checklist}</Plain>
          </a>{" "}
          {c.ended_at ? t("checklist.ended") : <Badge tone="warn">{t("checklist.open")}</Badge>}
        </>
      ),
    })),
    ...h.referrals.map((r) => ({
      at: r.at,
      key: `r${r.seq}`,
      kind: "referral" as const,
      show: () => (
        <>
          {word("authority", r.authority)}: {r.items.map((i) => `${i.text} ${i.remark}`).join(t("join.clauses"))}
        </>
      ),
    })),
    ...h.alerts.map((alert) => ({ at: alert.at, key: `a${alert.seq}`, kind: "alert" as const, show: () => <AlertRow alert={alert} /> })),
  ].sort((a, b) => (a.at < b.at ? 1 : -1));
  const kinds = [...new Set(all.map((x) => x.kind))];
  const shown = all.filter((x) => kind === "all" || x.kind === kind);
  return (
    <Panel title={t("vehicle.history")}>
      {kinds.length > 1 && (
        <Tabs
          label={t("vehicle.history")}
          now={kind}
          onChange={setKind}
          tabs={[{ name: "all" as const, text: t("wall.all"), count: all.length }, ...kinds.map((name) => ({ name, text: word("happened", name), count: all.filter((x) => x.kind === name).length }))]}
        />
      )}
      <ol class="timeline">
        {shown.map((x) => (
          <li key={x.key} class={`happened happened-${x.kind}`}>
            <div>
              <Plain class="step-at">{dayAndTime(x.at)}</Plain>
              <small>{word("happened", x.kind)}</small>
            </div>
            <div>{x.show()}</div>
          </li>
        ))}
      </ol>
      {h.rosters.map((r) => (
        <p key={`${r.roster} ${r.line}`}>
          <a class="link" href={href("depot", String(r.roster))}>
            {t("depot.roster", { n: r.roster })}
          </a>{" "}
          {r.fleet} {r.absent_reason && `· ${t("roster.absent")}: ${r.absent_reason}`}
        </p>
      ))}
    </Panel>
  );
}

function CaseLink({ row }: { row: OutboxRow | undefined }) {
  if (!row) return null;
  return (
    <a class="link" href={href("cases", row.case)}>
      <Badge tone={stateTone(row.state)}>{word("case", row.state)}</Badge>
    </a>
  );
}

function TestLine({ test, row }: { test: TestRow; row: OutboxRow | undefined }) {
  return (
    <>
      <VerdictBadge verdict={test.verdict} /> {word("method", test.method)} <Plain class="small">{test.id}</Plain> <Plate text={test.plate} colour={test.colour} /> <CaseLink row={row} />
      {test.void_reason && <p>{test.void_reason}</p>}
    </>
  );
}

function PassLine({ pass, row }: { pass: PassRow; row: OutboxRow | undefined }) {
  return (
    <>
      <VerdictBadge verdict={pass.verdict} />{" "}
      {pass.values.map((v) => (
        <ValueBar key={v.quantity} value={v} />
      ))}{" "}
      <CaseLink row={row} />
      {pass.reasons.length > 0 && <p class="small">{pass.reasons.map(reasonText).join(t("join.clauses"))}</p>}
    </>
  );
}

function ImportedLine({ fact }: { fact: History["imported"][number] }) {
  return (
    <>
      <VerdictBadge verdict={fact.verdict} /> {word("method", fact.method)} · {t("vehicle.station")} <Plain>{fact.station}</Plain> <Plain class="small">{fact.id}</Plain>
    </>
  );
}
