// The passing vehicles that the wall shows: each counted once by its number, however often it is told, and none left out unseen. The
// numbers of the station's passages have no gaps, so a number that was jumped over is a row that is still missing.
import type { PassRow } from "./types_pages";

export const ROWS_KEPT = 300;

export interface Count {
  all: number;
  pass: number;
  suspect: number;
  fail: number;
  invalid: number;
  repeat: number;
}

export interface Lane {
  name: string;
  instrument: string;
  count: Count;
  last: PassRow;
}

export function noCount(): Count {
  return { all: 0, pass: 0, suspect: 0, fail: 0, invalid: 0, repeat: 0 };
}

function add(count: Count, row: PassRow): void {
  count.all++;
  if (row.verdict === "pass" || row.verdict === "suspect" || row.verdict === "fail") count[row.verdict]++;
  else count.invalid++;
  if (row.repeat > 0) count.repeat++;
}

export class WallModel {
  /** newest first */
  rows: PassRow[] = [];
  readonly hours = new Map<string, Count>();
  readonly lanes = new Map<string, Lane>();
  readonly missing = new Set<number>();
  /** what came over the feed since the page was opened */
  told = 0;
  /** the oldest hour whose count is not whole, since only the newest rows were read; "": all are whole */
  partial = "";
  private readonly known = new Set<number>();
  private last = -1;

  /** Rows as `passes` gives them, newest first; `whole`: there are none before them. */
  begin(rows: PassRow[], whole: boolean): void {
    const first = this.last < 0;
    const oldest = rows[rows.length - 1];
    if (first && !whole && oldest) this.partial = oldest.at.slice(0, 13);
    for (let i = rows.length - 1; i >= 0; i--) this.put(rows[i] as PassRow, first);
  }

  /** A row that the feed has told. Gives whether it was new. */
  tell(row: PassRow): boolean {
    const news = this.put(row, false);
    if (news) this.told++;
    return news;
  }

  private put(row: PassRow, first: boolean): boolean {
    if (this.known.has(row.seq)) return false;
    this.known.add(row.seq);
    this.missing.delete(row.seq);
    if (!first && this.last >= 0) for (let seq = this.last + 1; seq < row.seq; seq++) this.missing.add(seq);
    this.last = Math.max(this.last, row.seq);
    this.count(row);
    let at = 0;
    while (at < this.rows.length && (this.rows[at] as PassRow).seq > row.seq) at++;
    this.rows.splice(at, 0, row);
    if (this.rows.length > ROWS_KEPT) this.rows.length = ROWS_KEPT;
    return true;
  }

  private count(row: PassRow): void {
    const hour = row.at.slice(0, 13);
    const count = this.hours.get(hour) ?? noCount();
    add(count, row);
    this.hours.set(hour, count);
    const name = row.lane === undefined ? "" : String(row.lane);
    const key = `${row.instrument} ${name}`;
    const lane = this.lanes.get(key) ?? { name, instrument: row.instrument, count: noCount(), last: row };
    add(lane.count, row);
    if (row.seq >= lane.last.seq) lane.last = row;
    this.lanes.set(key, lane);
  }

  /** Newest hour first. */
  newestHours(max: number): [string, Count][] {
    return [...this.hours.entries()].sort((a, b) => (a[0] < b[0] ? 1 : -1)).slice(0, max);
  }

  total(): Count {
    const sum = noCount();
    for (const count of this.hours.values()) for (const key of Object.keys(sum) as (keyof Count)[]) sum[key] += count[key];
    return sum;
  }
}
