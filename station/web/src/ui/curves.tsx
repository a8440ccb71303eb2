// Stored curves of tests: one alone with its accelerations and limit, or several over each other, each beginning at its own start.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { t, useLanguage, word } from "../i18n";
import { useStore } from "../store";
import { theme } from "../theme";
import type { Readings } from "../types_pages";
import { unit } from "./words";

export interface Curve {
  name: string;
  readings: Readings;
}

/** Colours and strokes, so that curves differ where colours are not seen. */
const STROKES: { colour: string; dash: number[] }[] = [
  { colour: "--curve", dash: [] },
  { colour: "--curve-2", dash: [10, 5] },
  { colour: "--curve-3", dash: [3, 4] },
  { colour: "--curve-4", dash: [14, 4, 3, 4] },
];
export const CURVES_MAX = STROKES.length;

/** Methods whose readings are a curve. */
export const WITH_CURVE = ["free-acceleration", "lug-down", "two-speed-idle"];

const PREFERRED = ["k", "opacity", "nox", "no", "co"];
const HEIGHT = 280;

/** The quantity that the curves are drawn of: one that is judged, else the first of the usual ones that all have. */
export function quantityOf(curves: Curve[]): string {
  const has = (q: string) => curves.every((c) => c.readings.series.some((s) => s.quantity === q));
  const judged = curves[0]?.readings.limits.map((l) => l.quantity).find(has);
  return judged ?? PREFERRED.find(has) ?? curves[0]?.readings.series[0]?.quantity ?? "";
}

/** All curves over one time axis, in seconds; a curve without a value at a time has none there. */
function join(curves: Curve[], quantity: string): uPlot.AlignedData {
  const times = new Set<number>();
  const byTime = curves.map((curve) => {
    const series = curve.readings.series.find((s) => s.quantity === quantity);
    const values = new Map<number, number | null>();
    series?.t_ms.forEach((at, i) => {
      const text = series.values[i];
      values.set(at, text === null || text === undefined ? null : Number(text));
      times.add(at);
    });
    return values;
  });
  const axis = [...times].sort((a, b) => a - b);
  return [axis.map((at) => at / 1000), ...byTime.map((values) => axis.map((at) => (values.has(at) ? (values.get(at) ?? null) : undefined)))] as uPlot.AlignedData;
}

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** The accelerations of a single curve as bands, and the limit as a line. */
function drawing(curves: Curve[], quantity: string): uPlot.Plugin {
  const only = curves.length === 1 ? curves[0] : undefined;
  const limit = Number(curves[0]?.readings.limits.find((l) => l.quantity === quantity)?.limit);
  return {
    hooks: {
      drawClear: [
        (u) => {
          u.ctx.fillStyle = colour("--curve-mark");
          for (const mark of only?.readings.marks ?? []) {
            if (!mark.counted || mark.quantity !== quantity || (mark.kind !== "acceleration" && mark.kind !== "point")) continue;
            const from = u.valToPos(mark.from_ms / 1000, "x", true);
            u.ctx.fillRect(from, u.bbox.top, u.valToPos(mark.to_ms / 1000, "x", true) - from, u.bbox.height);
          }
        },
      ],
      draw: [
        (u) => {
          if (!Number.isFinite(limit)) return;
          const y = u.valToPos(limit, "y", true);
          u.ctx.save();
          u.ctx.strokeStyle = colour("--curve-limit");
          u.ctx.lineWidth = 3 * devicePixelRatio;
          u.ctx.setLineDash([12, 6]);
          u.ctx.beginPath();
          u.ctx.moveTo(u.bbox.left, y);
          u.ctx.lineTo(u.bbox.left + u.bbox.width, y);
          u.ctx.stroke();
          u.ctx.restore();
        },
      ],
    },
  };
}

function options(curves: Curve[], quantity: string, width: number, limit: number): uPlot.Options {
  const axis = { stroke: colour("--text"), grid: { stroke: colour("--curve-grid"), width: 1 }, font: "15px sans-serif" };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false }, y: { range: (_u, _min, max) => [0, Math.max(max || 0, limit || 0) * 1.1 || 1] } },
    axes: [{ ...axis, values: (_u, splits) => splits.map((s) => `${s} s`) }, axis],
    series: [
      {},
      ...curves.map((_, i) => ({
        stroke: colour(STROKES[i]?.colour ?? "--curve"),
        dash: STROKES[i]?.dash ?? [],
        width: 2.5,
        spanGaps: false,
        points: { show: false },
      })),
    ],
    plugins: [drawing(curves, quantity)],
  };
}

export function Curves({ curves }: { curves: Curve[] }) {
  useLanguage();
  const look = useStore(theme);
  const box = useRef<HTMLDivElement>(null);
  const quantity = quantityOf(curves);
  const series = curves[0]?.readings.series.find((s) => s.quantity === quantity);
  const limit = curves[0]?.readings.limits.find((l) => l.quantity === quantity);
  const names = curves.map((c) => c.name).join(" ");
  useEffect(() => {
    const at = box.current;
    if (!at || !series) return undefined;
    const plot = new uPlot(options(curves, quantity, at.clientWidth, Number(limit?.limit)), join(curves, quantity), at);
    const fit = () => plot.setSize({ width: at.clientWidth, height: HEIGHT });
    addEventListener("resize", fit);
    return () => {
      removeEventListener("resize", fit);
      plot.destroy();
    };
  }, [names, quantity, look]);
  if (!series) return <p class="empty">{t("curve.none")}</p>;
  const peaks = curves.map((c) => Math.max(...(c.readings.series.find((s) => s.quantity === quantity)?.values ?? []).map(Number)));
  return (
    <figure class="curves">
      <figcaption>
        <b>{word("quantity", quantity)}</b> {unit(series.unit)}
        {limit && ` · ${t("curve.limit", { n: limit.limit })}`}
      </figcaption>
      <div
        ref={box}
        class="curves-picture"
        dir="ltr"
        role="img"
        aria-label={curves.map((c, i) => t("curve.peak", { name: c.name, n: String(peaks[i]) })).join("; ")}
      />
      {curves.length > 1 && (
        <ul class="legend">
          {curves.map((c, i) => (
            <li key={c.name}>
              <svg viewBox="0 0 40 12" width="40" height="12" aria-hidden="true">
                <path class={`stroke stroke-${i + 1}`} d="M0 6h40" />
              </svg>
              <bdi>{c.name}</bdi>
            </li>
          ))}
        </ul>
      )}
    </figure>
  );
}
