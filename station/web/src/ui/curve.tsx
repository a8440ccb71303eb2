// A curve of one quantity over time, with accelerations as bands, their peaks, and the limit as a line: uPlot, drawn at most once a frame.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useStore } from "../store";
import type { Series } from "../testfeed";
import { theme } from "../theme";
import type { Mark } from "../types";

export interface CurveProps {
  label: string;
  unit: string;
  read: () => Series;
  marks: Mark[];
  /** the limit as the rule writes it; absent: none is known */
  limit?: string;
  /** ms that are shown, up to the newest reading; absent: all */
  window?: number;
  /** calls its argument when there is something new to draw */
  watch?: (listener: () => void) => () => void;
  height?: number;
}

interface Colours {
  curve: string;
  limit: string;
  grid: string;
  mark: string;
  text: string;
  panel: string;
}

function colours(): Colours {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(name).trim();
  return { curve: of("--curve"), limit: of("--curve-limit"), grid: of("--curve-grid"), mark: of("--curve-mark"), text: of("--text"), panel: of("--panel") };
}

export function Curve(props: CurveProps) {
  const box = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const redraw = useRef<() => void>(() => undefined);
  const now = useStore(theme);
  useEffect(() => {
    if (!box.current) return;
    const chart = make(box.current, latest, colours());
    let wanted = 0;
    const paint = () => {
      wanted = 0;
      chart.setData(shown(latest.current));
    };
    redraw.current = () => {
      if (!wanted) wanted = requestAnimationFrame(paint);
    };
    const end = latest.current.watch?.(() => redraw.current());
    const resize = () => chart.setSize({ width: box.current?.clientWidth ?? 600, height: latest.current.height ?? 260 });
    addEventListener("resize", resize);
    paint();
    return () => {
      end?.();
      removeEventListener("resize", resize);
      cancelAnimationFrame(wanted);
      chart.destroy();
    };
  }, [now, props.label]);
  useEffect(() => redraw.current(), [props.marks, props.limit, props.read]);
  return <div ref={box} class="curve" role="img" aria-label={props.label} dir="ltr" />;
}

/** uPlot's columns: seconds, values; in a window from the first reading that is in it. */
function shown({ read, window }: CurveProps): uPlot.AlignedData {
  const { t, v } = read();
  const last = t[t.length - 1] ?? 0;
  let from = 0;
  if (window) {
    from = t.length;
    while (from > 0 && (t[from - 1] ?? 0) >= last - window) from--;
  }
  return [t.slice(from).map((ms) => ms / 1000), v.slice(from)];
}

function make(box: HTMLElement, latest: { current: CurveProps }, c: Colours): uPlot {
  const font = "16px sans-serif";
  const axis = { stroke: c.text, font, grid: { stroke: c.grid, width: 1 }, ticks: { stroke: c.grid, width: 1 } };
  const range = (_: uPlot, __: number | null, most: number | null): uPlot.Range.MinMax => {
    const top = Math.max(most ?? 0, Number(latest.current.limit ?? 0) * 1.25, 0.5);
    return [0, top * 1.08];
  };
  const time = (_: uPlot, least: number | null, most: number | null): uPlot.Range.MinMax => {
    const { window } = latest.current;
    const end = most ?? 1;
    return window ? [Math.max(0, end - window / 1000), Math.max(end, window / 1000)] : [least ?? 0, Math.max(end, (least ?? 0) + 1)];
  };
  return new uPlot(
    {
      width: box.clientWidth || 600,
      height: latest.current.height ?? 260,
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false, range: time }, y: { range } },
      axes: [{ ...axis, values: (_, ticks) => ticks.map((s) => `${s} s`) }, { ...axis, size: 64 }],
      series: [{}, { stroke: c.curve, width: 3, points: { show: false }, spanGaps: false }],
      hooks: {
        drawClear: [(u) => bands(u, latest.current.marks, c)],
        draw: [
          (u) => {
            limitLine(u, latest.current, c);
            peaks(u, latest.current, c);
          },
        ],
      },
    },
    shown(latest.current),
    box,
  );
}

const ratio = () => devicePixelRatio || 1;

function bands(u: uPlot, marks: Mark[], c: Colours): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.fillStyle = c.mark;
  for (const mark of marks.filter(isAcceleration)) {
    const from = Math.max(bbox.left, u.valToPos(mark.from_ms / 1000, "x", true));
    const to = Math.min(bbox.left + bbox.width, u.valToPos(mark.to_ms / 1000, "x", true));
    if (to > from) ctx.fillRect(from, bbox.top, to - from, bbox.height);
  }
  ctx.restore();
}

function limitLine(u: uPlot, { limit, unit }: CurveProps, c: Colours): void {
  if (limit === undefined) return;
  const { ctx, bbox } = u;
  const y = u.valToPos(Number(limit), "y", true);
  ctx.save();
  ctx.strokeStyle = c.limit;
  ctx.lineWidth = 3 * ratio();
  ctx.setLineDash([12 * ratio(), 7 * ratio()]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  label(ctx, `≤ ${limit} ${unit}`, bbox.left + bbox.width - 6 * ratio(), y - 12 * ratio(), "right", c.limit, c.panel);
  ctx.restore();
}

function isAcceleration(mark: Mark): boolean {
  return (mark.mark ?? mark.kind) === "acceleration";
}

/** The peak of each acceleration, as it was marked: the number is the station's, its place the highest reading in the band. */
function peaks(u: uPlot, { marks, read }: CurveProps, c: Colours): void {
  const { t, v } = read();
  for (const mark of marks.filter(isAcceleration)) {
    let best = -1;
    for (let i = 0; i < t.length; i++) {
      const at = t[i] ?? 0;
      if (at >= mark.from_ms && at <= mark.to_ms && (best < 0 || (v[i] ?? -1) > (v[best] ?? -1))) best = i;
    }
    if (best < 0) continue;
    const x = u.valToPos((t[best] ?? 0) / 1000, "x", true);
    const y = u.valToPos(v[best] ?? 0, "y", true);
    if (x < u.bbox.left || x > u.bbox.left + u.bbox.width) continue;
    u.ctx.save();
    u.ctx.fillStyle = c.curve;
    u.ctx.beginPath();
    u.ctx.arc(x, y, 6 * ratio(), 0, 2 * Math.PI);
    u.ctx.fill();
    label(u.ctx, `${mark.number}: ${mark.value ?? ""}`, x, y - 12 * ratio(), "center", c.text, c.panel);
    u.ctx.restore();
  }
}

function label(ctx: CanvasRenderingContext2D, text: string, x: number, y: number, align: CanvasTextAlign, colour: string, ground: string): void {
  ctx.setLineDash([]);
  ctx.font = `bold ${17 * ratio()}px sans-serif`;
  ctx.textAlign = align;
  ctx.lineWidth = 5 * ratio();
  ctx.strokeStyle = ground;
  ctx.strokeText(text, x, y);
  ctx.fillStyle = colour;
  ctx.fillText(text, x, y);
}
