// How the journal stands: its root, the newest signed checkpoint, and who else has put a name under it.
import { t } from "../../i18n";
import { status } from "../../live";
import { useRead } from "../../read";
import { useStore } from "../../store";
import { Answer } from "../../ui/answer";
import { Badge, Notice, Panel, Plain, Table } from "../../ui/basic";
import { dayAndTime } from "../../ui/words";

interface FullJournal {
  events: number;
  ratchet?: { on: boolean; sealed: number; trouble: string };
  root: string;
  trouble: string;
  waiting: number;
  witnesses?: { cosigned_at: string; events: number; name: string }[];
}

export function Journal() {
  const journal = useStore(status, (s) => s?.status.journal) as FullJournal | undefined;
  const daemon = useStore(status, (s) => s?.status.daemon);
  const checkpoint = useRead<{ checkpoint: string; timestamp: { at: string; authority: string; events: number } | null }>("journal/checkpoint");
  if (!journal) return <p class="empty">{t("loading")}</p>;
  return (
    <>
      {journal.trouble && <Notice tone="bad" title={journal.trouble} />}
      <Panel title={t("setup.journal")} aside={<Badge tone={journal.trouble ? "bad" : "good"}>{journal.trouble ? t("journal.trouble") : t("now.journal.good")}</Badge>}>
        <dl class="facts-list">
          <div class="fact">
            <dt>{t("journal.events")}</dt>
            <dd>
              <Plain>{journal.events}</Plain> {journal.waiting > 0 && <Badge tone="warn">{t("journal.waiting", { n: journal.waiting })}</Badge>}
            </dd>
          </div>
          <div class="fact">
            <dt>{t("journal.root")}</dt>
            <dd>
              <Plain class="mono">{journal.root}</Plain>
            </dd>
          </div>
          <div class="fact">
            <dt>{t("journal.ratchet")}</dt>
            <dd>
              {journal.ratchet?.on ? <Badge tone="good">{t("journal.sealed", { n: journal.ratchet.sealed })}</Badge> : <Badge tone="off">{t("journal.ratchet.off")}</Badge>} {journal.ratchet?.trouble}
            </dd>
          </div>
          <div class="fact">
            <dt>{t("journal.program")}</dt>
            <dd>
              <Plain>{daemon?.version ?? ""}</Plain> <Plain class="mono small">{daemon?.binary_sha256 ?? ""}</Plain>
            </dd>
          </div>
        </dl>
      </Panel>
      <Panel title={t("journal.witnesses")}>
        <Table
          caption={t("journal.witnesses")}
          rows={journal.witnesses ?? []}
          rowKey={(w) => w.name}
          empty={t("journal.nowitness")}
          columns={[
            { title: t("journal.witness"), cell: (w) => <Plain>{w.name}</Plain> },
            { title: t("journal.upto"), cell: (w) => <Plain>{w.events}</Plain>, number: true },
            { title: t("when"), cell: (w) => <Plain>{dayAndTime(w.cosigned_at)}</Plain> },
          ]}
        />
      </Panel>
      <Panel title={t("journal.checkpoint")}>
        <p>{t("journal.checkpoint.means")}</p>
        <Answer of={checkpoint}>
          {(c) => (
            <>
              <pre dir="ltr" tabIndex={0}>
                {c.checkpoint}
              </pre>
              <p class="small">{c.timestamp ? t("journal.timestamp", { authority: c.timestamp.authority, at: dayAndTime(c.timestamp.at) }) : t("journal.notimestamp")}</p>
            </>
          )}
        </Answer>
      </Panel>
    </>
  );
}
