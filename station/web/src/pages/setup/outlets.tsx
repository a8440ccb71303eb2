// What goes to whom and how far it is: by receiver, what waits or is refused first.
import { useState } from "preact/hooks";
import { t, word } from "../../i18n";
import { status } from "../../live";
import { useRead } from "../../read";
import { href } from "../../router";
import { useStore } from "../../store";
import type { OutboxRow } from "../../types_pages";
import { Answer, Figure, Tabs } from "../../ui/answer";
import { Notice, Panel, Plain, Table } from "../../ui/basic";
import { dayAndTime } from "../../ui/words";
import { Delivery } from "../cases/steps";

interface Outbox {
  outbox: OutboxRow[];
  refused: number;
  sent: number;
  unknown: number;
  waiting: number;
}
interface Tries {
  tries: { at: string; n: number; outcome: string; outlet: string; status: number; text: string }[];
}

export function Outlets() {
  const outbox = useRead<Outbox>("outbox", { limit: 500 }, ["case"]);
  const push = useStore(status, (s) => s?.status.push) ?? [];
  const [outlet, setOutlet] = useState("");
  const [tries, setTries] = useState("");
  return (
    <>
      {push.map((note) => (
        <Notice key={note.about} tone="warn" title={t("now.push")}>
          <span lang="en">{note.text}</span> · {t("now.since")} <Plain>{dayAndTime(note.since)}</Plain>
        </Notice>
      ))}
      <Answer of={outbox}>
        {(o) => {
          const rows = o.outbox.filter((r) => r.outlet);
          const names = [...new Set(rows.map((r) => r.outlet))].sort();
          const shown = rows.filter((r) => !outlet || r.outlet === outlet).sort((a, b) => Number(a.state === "sent") - Number(b.state === "sent"));
          return (
            <>
              <dl class="figures panel">
                <Figure text={t("frame.waiting")} value={o.waiting} />
                <Figure text={t("frame.sent")} value={o.sent} tone="good" />
                <Figure text={word("outbox", "refused")} value={o.refused} tone={o.refused ? "bad" : undefined} />
                <Figure text={word("outbox", "unknown")} value={o.unknown} tone={o.unknown ? "bad" : undefined} />
              </dl>
              {names.length === 0 ? (
                <p class="empty empty-large">{t("outbox.none")}</p>
              ) : (
                <Tabs
                  label={t("setup.outlets")}
                  now={outlet}
                  onChange={setOutlet}
                  tabs={[{ name: "", text: t("wall.all"), count: rows.length }, ...names.map((name) => ({ name, text: name, count: rows.filter((r) => r.outlet === name).length }))]}
                />
              )}
              {shown.map((row) => (
                <Panel key={`${row.case} ${row.outlet}`}>
                  <p>
                    <a class="link" href={href("cases", row.case)}>
                      <Plain>{row.case}</Plain>
                    </a>{" "}
                    <button type="button" class="choice-option" aria-expanded={tries === row.case} onClick={() => setTries(tries === row.case ? "" : row.case)}>
                      {t("outbox.tries")}
                    </button>
                  </p>
                  <Delivery row={row} onDone={() => void outbox.reload()} />
                  {tries === row.case && <TriesTable id={row.case} outlet={row.outlet} />}
                </Panel>
              ))}
            </>
          );
        }}
      </Answer>
    </>
  );
}

function TriesTable({ id, outlet }: { id: string; outlet: string }) {
  const shown = useRead<Tries>(`outbox/${id}`);
  return (
    <Answer of={shown}>
      {({ tries }) => (
        <Table
          caption={t("outbox.tries")}
          rows={tries.filter((x) => x.outlet === outlet)}
          rowKey={(x) => `${x.outlet} ${x.n} ${x.at}`}
          columns={[
            { title: t("when"), cell: (x) => <Plain>{dayAndTime(x.at)}</Plain> },
            { title: t("outbox.outcome"), cell: (x) => word("outbox", x.outcome) },
            { title: t("outbox.said"), cell: (x) => <span lang="en">{x.text}</span> },
          ]}
        />
      )}
    </Answer>
  );
}
