// Zero and span checks of one instrument, one after the other, against what is allowed: an instrument that is led away from the truth
// step by step is seen here before a check fails.
import { t, word } from "../../i18n";
import type { RecordVerdict } from "../../types_pages";
import { VerdictBadge } from "../../ui/answer";
import { Plain, Table } from "../../ui/basic";
import { dayAndTime, unit } from "../../ui/words";

export interface CheckRow {
  ended_at: string;
  id: string;
  instrument: string;
  result?: RecordVerdict;
  seq: number;
  serial: string;
  started_at: string;
  verdict: string;
  what: string;
}

interface Point {
  check: CheckRow;
  off: number;
  limit: number;
}

/** How far the mean of that quantity was from what it should be, in each check that has a result; oldest first. */
function points(checks: CheckRow[], quantity: string): Point[] {
  return checks
    .flatMap((check) => {
      const marks = check.result?.marks.filter((m) => m.quantity === quantity) ?? [];
      const mean = marks.find((m) => m.kind === "mean")?.value;
      const reference = marks.find((m) => m.kind === "reference")?.value ?? "0";
      const limit = check.result?.values.find((v) => v.quantity === quantity)?.limit;
      return mean === undefined || limit === undefined ? [] : [{ check, off: Number(mean) - Number(reference), limit: Number(limit) }];
    })
    .reverse();
}

const WIDTH = 600;
const HEIGHT = 120;
const TOP = 2; // limits in one direction that fit into the picture

function Chart({ list }: { list: Point[] }) {
  const x = (i: number) => 20 + ((WIDTH - 40) * (i + 0.5)) / list.length;
  const y = (p: Point) => HEIGHT / 2 - (HEIGHT / 2 / TOP) * Math.max(-TOP, Math.min(TOP, p.off / p.limit)) * 0.94;
  const band = HEIGHT / 2 / TOP;
  return (
    <svg class="chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
      <rect class="chart-ground" width={WIDTH} height={HEIGHT} />
      <rect class="chart-band" y={HEIGHT / 2 - band * 0.94} width={WIDTH} height={2 * band * 0.94} />
      <path class="chart-zero" d={`M0 ${HEIGHT / 2}h${WIDTH}`} />
      <path class="chart-line" d={list.map((p, i) => `${i ? "L" : "M"}${x(i)} ${y(p)}`).join("")} />
      {list.map((p, i) =>
        p.check.verdict === "pass" ? <circle key={p.check.id} class="chart-good" cx={x(i)} cy={y(p)} r="7" /> : <path key={p.check.id} class="chart-bad" d={`M${x(i) - 8} ${y(p) - 8}h16v16h-16z`} />,
      )}
    </svg>
  );
}

function drift(list: Point[]): string {
  const last = list.slice(-5);
  const signs = last.slice(1).map((p, i) => Math.sign(p.off - (last[i] as Point).off));
  return signs.length >= 4 && signs.every((s) => s === signs[0] && s !== 0) ? t("charts.drift") : "";
}

function Series({ title, list, unitName }: { title: string; list: Point[]; unitName: string }) {
  const newest = list[list.length - 1];
  if (!newest) return null;
  return (
    <figure class="chart-figure">
      <figcaption>
        <b>{title}</b> · {t("charts.allowed")}{" "}
        <Plain>
          ±{newest.limit} {unit(unitName)}
        </Plain>
        {" · "}
        {t("charts.last")}{" "}
        <Plain>
          {newest.off.toFixed(3)} {unit(unitName)}
        </Plain>{" "}
        {drift(list) && <b class="chart-warning">{drift(list)}</b>}
      </figcaption>
      <Chart list={list} />
      <details>
        <summary>{t("charts.table")}</summary>
        <Table
          caption={title}
          rows={[...list].reverse()}
          rowKey={(p) => p.check.id}
          columns={[
            { title: t("when"), cell: (p) => <Plain>{dayAndTime(p.check.started_at)}</Plain> },
            { title: t("charts.off"), cell: (p) => <Plain>{p.off.toFixed(3)}</Plain>, number: true },
            { title: t("charts.allowed"), cell: (p) => <Plain>{p.limit}</Plain>, number: true },
            { title: t("charts.serial"), cell: (p) => <Plain>{p.check.serial}</Plain> },
            { title: t("charts.result"), cell: (p) => <VerdictBadge verdict={p.check.verdict} /> },
          ]}
        />
      </details>
    </figure>
  );
}

/** All charts of one instrument. */
export function CheckCharts({ checks }: { checks: CheckRow[] }) {
  const kinds = ["zero", "span"].flatMap((what) => {
    const of = checks.filter((c) => c.what === what);
    const values = of.flatMap((c) => c.result?.values ?? []);
    return [...new Set(values.map((v) => v.quantity))].map((quantity) => ({
      what,
      quantity,
      unitName: values.find((v) => v.quantity === quantity)?.unit ?? "",
      list: points(of, quantity),
    }));
  });
  const shown = kinds.filter((k) => k.list.length > 0);
  if (shown.length === 0) return <p class="empty">{t("charts.none")}</p>;
  return (
    <>
      {shown.map((k) => (
        <Series key={`${k.what} ${k.quantity}`} title={`${word("what", k.what)} · ${word("quantity", k.quantity)}`} list={k.list} unitName={k.unitName} />
      ))}
    </>
  );
}
