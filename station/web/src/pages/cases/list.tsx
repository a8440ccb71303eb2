// The cases, in the queues of those who have to do something with them; the earliest deadline first.
import { useState } from "preact/hooks";
import { session } from "../../api";
import { t, useLanguage, word } from "../../i18n";
import { status } from "../../live";
import { useRead } from "../../read";
import { href } from "../../router";
import { useStore } from "../../store";
import type { CaseRow, Due } from "../../types_pages";
import { Answer, Tabs } from "../../ui/answer";
import { Badge, Plain } from "../../ui/basic";
import { dayAndTime, Plate } from "../../ui/words";
import { firstDue, queueOf, queues, reviewHindrance, type Queue } from "./queues";
import { stateTone } from "./words";

const READ = 1000;
const ORDER: Queue[] = ["review", "send", "police", "due", "repair", "all"];

export function CaseList() {
  const role = useStore(session, (s) => s?.role);
  const [chosen, setChosen] = useState<Queue | null>(null);
  const cases = useRead<{ cases: CaseRow[] }>("cases", { limit: READ }, ["case"]);
  const queue = chosen ?? queueOf(role);
  const rows = (cases.data?.cases ?? []).filter(queues[queue]);
  if (queue === "due") rows.sort((a, b) => ((firstDue(a)?.due_at ?? "") < (firstDue(b)?.due_at ?? "") ? -1 : 1));
  return (
    <>
      <div class="page-head">
        <h1>{t("nav.cases")}</h1>
        <Tabs
          label={t("cases.queues")}
          now={queue}
          onChange={setChosen}
          tabs={ORDER.map((name) => ({ name, text: t(`cases.${name}`), count: cases.data?.cases.filter(queues[name]).length }))}
        />
      </div>
      <Answer of={cases}>
        {() =>
          rows.length === 0 ? (
            <p class="empty empty-large">{t(`cases.${queue}.empty`)}</p>
          ) : (
            <ol class="rows">
              {rows.map((row) => (
                <CaseItem key={row.case} row={row} />
              ))}
            </ol>
          )
        }
      </Answer>
      {(cases.data?.cases.length ?? 0) >= READ && <p class="small">{t("list.cut", { n: READ })}</p>}
    </>
  );
}

function CaseItem({ row }: { row: CaseRow }) {
  const officer = useStore(session, (s) => s?.officer) ?? "";
  const due = firstDue(row);
  const hindrance = officer && queues.review(row) ? reviewHindrance(row, officer) : "";
  return (
    <li>
      <a class="row case-row" href={href("cases", row.case)}>
        <Plate text={row.plate} colour={row.colour} />
        <span class="case-state">
          <Badge tone={stateTone(row.state)}>{word("case", row.state)}</Badge>
          {row.repair !== "none" && <span class="small">{word("repair", row.repair)}</span>}
        </span>
        <span>
          {word("method", row.method)}
          <small>
            <Plain>{dayAndTime(row.created_at)}</Plain>
          </small>
        </span>
        <span>
          {row.reviewer1 ? (
            <>
              {t("cases.reviewed")} <Plain>{[row.reviewer1, row.reviewer2].filter(Boolean).join(" · ")}</Plain>
            </>
          ) : (
            t("cases.unreviewed")
          )}
          {hindrance && <small>{t(hindrance)}</small>}
        </span>
        {due ? <DueShort due={due} /> : <span class="small">{t("cases.nodue")}</span>}
      </a>
    </li>
  );
}

/** Whole days from the station's now to a moment; negative: it is past. */
export function useDaysTo(at: string): number | null {
  const now = useStore(status, (s) => s?.status.clock.at);
  return now ? Math.floor((Date.parse(at) - Date.parse(now)) / 86_400_000) : null;
}

export function DueShort({ due }: { due: Due }) {
  const language = useLanguage();
  const days = useDaysTo(due.due_at);
  return (
    <span class="due">
      <Badge tone={due.overdue ? "bad" : days !== null && days <= 2 ? "warn" : "info"}>
        {due.overdue ? t("due.over") : days === null ? "" : t("due.days", { n: days })}
      </Badge>
      <small>
        {language === "en" ? due.en : due.zh} <Plain>{due.due_at.slice(0, 10)}</Plain>
      </small>
    </span>
  );
}
