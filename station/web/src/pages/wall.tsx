// The remote-sensing wall: who passes, with what against which limit, and why a measurement is not valid. Seen from two metres beside the
// road: the newest vehicle first, what exceeds marked by shape and word; whoever wants to read on holds it.
import { useEffect, useRef, useState } from "preact/hooks";
import { get } from "../api";
import { t, useLanguage, word } from "../i18n";
import { onLive, status } from "../live";
import { useRead } from "../read";
import { href } from "../router";
import { useStore } from "../store";
import type { PassRow, PassValue, Shown } from "../types_pages";
import { Answer, Figure, Tabs, VerdictBadge } from "../ui/answer";
import { ValueBar } from "../ui/bar";
import { Badge, Button, Dialog, Notice, Panel, Plain } from "../ui/basic";
import { reasonText } from "../ui/reasons";
import { dayAndTime, Plate, timeOfDay, Trouble, unit } from "../ui/words";
import { WallModel, type Count, type Lane } from "../wall_model";

const READ_FIRST = 2000;
const READ_MISSING = 200;
const ROWS_SHOWN = 30;
const HOURS_SHOWN = 12;
const DRAW_MS = 200;

type Filter = "all" | "over" | "repeat" | "invalid";

const filters: Record<Filter, (row: PassRow) => boolean> = {
  all: () => true,
  over: (row) => row.verdict === "suspect" || row.verdict === "fail",
  repeat: (row) => row.repeat > 0,
  invalid: (row) => !row.valid,
};

/** The model, filled from what is stored and then by the feed; draws at most every DRAW_MS, however many vehicles pass. */
function useWall(): { model: WallModel; begun: boolean; error: unknown } {
  const model = useRef<WallModel>();
  if (!model.current) model.current = new WallModel();
  const [, setDrawn] = useState(0);
  const [begun, setBegun] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  useEffect(() => {
    const wall = model.current as WallModel;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let reading = false;
    const draw = () => {
      timer = timer ?? setTimeout(() => ((timer = undefined), setDrawn((n) => n + 1)), DRAW_MS);
    };
    const read = async (limit: number) => {
      if (reading) return;
      reading = true;
      try {
        const { passes } = await get<{ passes: PassRow[] }>("passes", { limit });
        wall.begin(passes, passes.length < limit);
        setBegun(true);
        setError(undefined);
      } catch (problem) {
        setError(problem);
      }
      reading = false;
      draw();
    };
    void read(READ_FIRST);
    const ends = [
      onLive("pass", (row) => {
        wall.tell(row as unknown as PassRow);
        if (wall.missing.size > 0) void read(READ_MISSING + wall.missing.size);
        draw();
      }),
      onLive("reset", () => void read(READ_FIRST)),
    ];
    return () => {
      clearTimeout(timer);
      ends.forEach((end) => end());
    };
  }, []);
  return { model: model.current, begun, error };
}

export function Wall() {
  useLanguage();
  const { model, begun, error } = useWall();
  const [filter, setFilter] = useState<Filter>("all");
  const [held, setHeld] = useState<{ rows: PassRow[]; told: number } | null>(null);
  const [shown, setShown] = useState("");
  const rows = (held ? held.rows : model.rows).filter(filters[filter]).slice(0, ROWS_SHOWN);
  const hours = model.newestHours(HOURS_SHOWN);
  const all = model.total();
  return (
    <>
      <div class="page-head">
        <h1>{t("wall.title")}</h1>
        <Tabs
          label={t("wall.filter")}
          now={filter}
          onChange={setFilter}
          tabs={[
            { name: "all", text: t("wall.all"), count: all.all },
            { name: "over", text: t("wall.over"), count: all.suspect + all.fail },
            { name: "repeat", text: t("wall.repeat"), count: all.repeat },
            { name: "invalid", text: t("verdict.invalid"), count: all.invalid },
          ]}
        />
        <Button class="wall-hold" kind={held ? "primary" : "plain"} onClick={() => setHeld(held ? null : { rows: [...model.rows], told: model.told })}>
          {held ? t("wall.go", { n: model.told - held.told }) : t("wall.hold")}
        </Button>
      </div>
      <Trouble error={error} />
      {model.missing.size > 0 && <Notice tone="warn" title={t("wall.missing", { n: model.missing.size })} />}
      <div class="wall" data-seen={all.all} data-told={model.told} data-missing={model.missing.size}>
        <div class="wall-rows">
          {rows.length === 0 ? <p class="empty">{!begun && !error ? t("loading") : all.all ? t("wall.nomatch") : t("wall.empty")}</p> : <Rows rows={rows} onShow={setShown} />}
        </div>
        <div class="wall-side">
          <Panel title={t("wall.hour")}>
            <Hour count={hours[0]} partial={model.partial} />
          </Panel>
          <Panel title={t("wall.lanes")}>
            <Lanes lanes={[...model.lanes.values()]} />
          </Panel>
          <Panel title={t("wall.hours")}>
            <Hours hours={hours} partial={model.partial} />
          </Panel>
        </div>
      </div>
      {shown && <Passage id={shown} onClose={() => setShown("")} />}
    </>
  );
}

function Rows({ rows, onShow }: { rows: PassRow[]; onShow: (id: string) => void }) {
  return (
    <ol class="passes" aria-label={t("wall.title")}>
      {rows.map((row) => (
        <li key={row.seq} class={`passing passing-${row.verdict}`} data-seq={row.seq}>
          <button type="button" class="passing-open" onClick={() => onShow(row.id)}>
            <span class="passing-when">
              <time dir="ltr">{timeOfDay(row.at)}</time>
              {row.lane !== undefined && <small>{t("wall.lane", { n: row.lane })}</small>}
            </span>
            <span class="passing-plate">{row.plate ? <Plate text={row.plate} colour={row.colour} /> : <em>{t("wall.noplate")}</em>}</span>
            <Values values={row.values} />
            <span class="passing-verdict">
              <VerdictBadge verdict={row.verdict} />
              {row.repeat > 0 && <span class="repeat">{t("wall.times", { n: row.repeat + 1 })}</span>}
            </span>
            <span class="passing-why">{row.verdict === "pass" ? "" : row.reasons.map(reasonText).join(t("join.clauses"))}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}

function over(v: PassValue): number {
  return (v.screening ? 0 : 10) + Number(v.value) / Number(v.limit);
}

/** The value that is nearest to its limit or farthest beyond it as a bar; the others in small. */
function Values({ values }: { values: PassValue[] }) {
  const [first, ...rest] = [...values].sort((a, b) => over(b) - over(a));
  return (
    <span class="passing-values">
      {first ? <ValueBar value={first} /> : <span class="empty">—</span>}
      {rest.map((v) => (
        <small key={v.quantity}>
          {word("quantity", v.quantity)} <Plain>{v.value}</Plain> / <Plain>{v.limit}</Plain> {unit(v.unit)} {v.screening && t("bar.screening")}
        </small>
      ))}
    </span>
  );
}

function hourName(hour: string): string {
  return `${hour.slice(5, 10)} ${hour.slice(11)}:00`;
}

function Hour({ count, partial }: { count: [string, Count] | undefined; partial: string }) {
  if (!count) return <p class="empty">{t("wall.empty")}</p>;
  const [hour, c] = count;
  const valid = c.pass + c.suspect + c.fail;
  return (
    <>
      <p class="wall-hour">
        <Plain>{hourName(hour)}</Plain> {hour === partial && <Badge tone="warn">{t("wall.partial")}</Badge>}
      </p>
      <dl class="figures">
        <Figure text={t("wall.passed")} value={c.all} />
        <Figure text={t("wall.valid")} value={valid} note={c.all ? `${Math.round((100 * valid) / c.all)} %` : undefined} />
        <Figure text={t("verdict.suspect")} value={c.suspect} tone={c.suspect ? "warn" : undefined} />
        <Figure text={t("verdict.fail")} value={c.fail} tone={c.fail ? "bad" : undefined} />
      </dl>
    </>
  );
}

/** The site without a map: each lane with who passed it last and how its device is. */
function Lanes({ lanes }: { lanes: Lane[] }) {
  const instruments = useStore(status, (s) => s?.status.instruments) ?? [];
  if (lanes.length === 0) return <p class="empty">{t("wall.nolanes")}</p>;
  lanes.sort((a, b) => (a.instrument + a.name < b.instrument + b.name ? -1 : 1));
  return (
    <div class="lanes">
      {lanes.map((lane) => {
        const device = instruments.find((i) => i.name === lane.instrument);
        const tone = !device || device.state === "offline" ? "bad" : device.state === "live" ? "good" : "off";
        return (
          <article key={`${lane.instrument} ${lane.name}`} class={`lane lane-${lane.last.verdict}`}>
            <header>
              <h3>{lane.name ? t("wall.lane", { n: lane.name }) : <Plain>{lane.instrument}</Plain>}</h3>
              <Badge tone={tone}>
                <Plain>{lane.instrument}</Plain> {device ? word("state", device.state) : t("unknown")}
              </Badge>
            </header>
            <div class="lane-road">
              <svg viewBox="0 0 60 24" width="60" height="24" aria-hidden="true">
                <path d="M4 12h44M40 4l10 8l-10 8" />
              </svg>
              {lane.last.plate ? <Plate text={lane.last.plate} colour={lane.last.colour} /> : <em>{t("wall.noplate")}</em>}
              <VerdictBadge verdict={lane.last.verdict} />
            </div>
            <p>
              <time dir="ltr">{timeOfDay(lane.last.at)}</time>
              {" · "}
              {t("wall.lanecount", { all: lane.count.all, over: lane.count.suspect + lane.count.fail, invalid: lane.count.invalid })}
            </p>
          </article>
        );
      })}
    </div>
  );
}

function Hours({ hours, partial }: { hours: [string, Count][]; partial: string }) {
  const most = Math.max(1, ...hours.map(([, c]) => c.all));
  if (hours.length === 0) return <p class="empty">{t("wall.empty")}</p>;
  return (
    <>
      <ul class="hours">
        {hours.map(([hour, c]) => (
          <li key={hour}>
            <Plain class="hours-name">{`${hour === partial ? "≥ " : ""}${hourName(hour)}`}</Plain>
            <HourBar count={c} most={most} />
            <Plain class="hours-count">{c.all}</Plain>
            <span class="hours-over">
              {c.suspect + c.fail > 0 && t("wall.overcount", { n: c.suspect + c.fail })} {c.invalid > 0 && t("wall.invalidcount", { n: c.invalid })}
            </span>
          </li>
        ))}
      </ul>
      <p class="legend">
        {(["pass", "suspect", "fail", "invalid"] as const).map((name) => (
          <span key={name}>
            <svg viewBox="0 0 12 12" width="14" height="14" aria-hidden="true">
              <rect class={`part part-${name}`} width="12" height="12" />
            </svg>
            {word("verdict", name)}
          </span>
        ))}
      </p>
    </>
  );
}

function HourBar({ count, most }: { count: Count; most: number }) {
  let x = 0;
  return (
    <svg viewBox="0 0 100 16" preserveAspectRatio="none" aria-hidden="true">
      {(["pass", "suspect", "fail", "invalid"] as const).map((name) => {
        const width = (100 * count[name]) / most;
        const from = x;
        x += width;
        return <rect key={name} class={`part part-${name}`} x={from} y="1" width={width} height="14" />;
      })}
    </svg>
  );
}

function Passage({ id, onClose }: { id: string; onClose: () => void }) {
  const shown = useRead<Shown>(`passes/${id}`);
  return (
    <Dialog title={id} onClose={onClose} class="dialog-wide">
      <Answer of={shown}>{(p) => <PassageFacts passage={p} />}</Answer>
    </Dialog>
  );
}

function PassageFacts({ passage: p }: { passage: Shown }) {
  const record = p.record;
  if (!record) return null;
  return (
    <>
      <p class="passage-head">
        {p.plate ? <Plate text={p.plate} colour={p.colour} /> : <em>{t("wall.noplate")}</em>} <VerdictBadge verdict={p.verdict} />
        {p.plate && <a class="button" href={href("vehicle", p.plate)}>{t("wall.history")}</a>}
      </p>
      <p>
        <Plain>{dayAndTime(record.started_at)}</Plain> · {t("wall.rules", { pack: record.rules.pack, version: record.rules.version })}
      </p>
      {record.verdict.reasons.length > 0 && (
        <ul class="reasons">
          {record.verdict.reasons.map((reason) => (
            <li key={reason}>{reasonText(reason)}</li>
          ))}
        </ul>
      )}
      {record.verdict.values.map((v) => (
        <p key={v.quantity}>
          {word("quantity", v.quantity)} <ValueBar value={v} /> <small>{v.clause}</small>
        </p>
      ))}
      <h3>{t("wall.readings")}</h3>
      <dl class="readings">
        {(record.passage?.readings ?? []).map((r) => (
          <div key={r.quantity}>
            <dt>{word("quantity", r.quantity)}</dt>
            <dd>
              <Plain>{r.value}</Plain> {unit(r.unit)} {r.quality !== "ok" && <Badge tone="warn">{word("quality", r.quality)}</Badge>}
            </dd>
          </div>
        ))}
        {(record.joined ?? []).map((r) => (
          <div key={`${r.instrument} ${r.quantity}`}>
            <dt>
              {word("quantity", r.quantity)} (<Plain>{r.instrument}</Plain>)
            </dt>
            <dd>
              <Plain>{r.value}</Plain> {unit(r.unit)}
            </dd>
          </div>
        ))}
      </dl>
      {record.basis && record.basis.length > 0 && (
        <>
          <h3>{t("wall.basis")}</h3>
          <ul class="reasons">
            {record.basis.map((b) => (
              <li key={b.id}>
                <Plain>{b.day}</Plain> <Plain>{b.id}</Plain> {!b.valid ? t("verdict.invalid") : b.exceeded.length ? t("wall.exceeded", { what: b.exceeded.map((q) => word("quantity", q)).join(t("join.words")) }) : t("verdict.pass")}
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
