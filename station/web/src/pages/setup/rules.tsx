// The law in force here, and every number of it that nobody has confirmed yet.
import { useState } from "preact/hooks";
import { t, word } from "../../i18n";
import { useRead } from "../../read";
import { Answer, Tabs } from "../../ui/answer";
import { Badge, Panel, Plain, Table } from "../../ui/basic";

interface Rule {
  from: string;
  method: string;
  numbers: number;
  pack: string;
  rule: string;
  sha256: string;
  to: string;
  unconfirmed: number;
  version: string;
}
interface Unconfirmed {
  clause: string;
  kind: string;
  name: string;
  pack: string;
  rule: string;
  source: string;
  unit: string;
  value: string;
}

export function Rules() {
  const rules = useRead<{ rules: Rule[] }>("rules");
  const unconfirmed = useRead<{ unconfirmed: Unconfirmed[] }>("rules/unconfirmed");
  const [chosen, setChosen] = useState("");
  const packs = [...new Set(unconfirmed.data?.unconfirmed.map((n) => n.pack))];
  const pack = chosen || (packs[0] ?? "");
  return (
    <>
      <Panel title={t("setup.rules")}>
        <Answer of={rules}>
          {({ rules: list }) => (
            <Table
              caption={t("setup.rules")}
              rows={list}
              rowKey={(r) => `${r.pack} ${r.rule} ${r.from}`}
              columns={[
                { title: t("rules.pack"), cell: (r) => <Plain>{`${r.pack} · ${r.version}`}</Plain> },
                { title: t("rules.rule"), cell: (r) => word("method", r.rule) },
                { title: t("rules.from"), cell: (r) => <Plain>{`${r.from}${r.to ? ` – ${r.to}` : ""}`}</Plain> },
                { title: t("rules.numbers"), cell: (r) => <Plain>{r.numbers}</Plain>, number: true },
                { title: t("rules.unconfirmed"), cell: (r) => (r.unconfirmed ? <Badge tone="warn">{r.unconfirmed}</Badge> : <Badge tone="good">0</Badge>) },
                { title: "SHA-256", cell: (r) => <Plain class="mono small">{r.sha256.slice(0, 16)}</Plain> },
              ]}
            />
          )}
        </Answer>
      </Panel>
      <Panel title={t("rules.unconfirmed.title")}>
        <p>{t("rules.unconfirmed.means")}</p>
        <Answer of={unconfirmed}>
          {({ unconfirmed: list }) => (
            <>
              {packs.length > 1 && (
                <Tabs label={t("rules.pack")} now={pack} onChange={setChosen} tabs={packs.map((name) => ({ name, text: name, count: list.filter((n) => n.pack === name).length }))} />
              )}
            <Table
              caption={t("rules.unconfirmed.title")}
              rows={list.filter((n) => n.pack === pack)}
              rowKey={(n) => `${n.pack} ${n.rule} ${n.kind} ${n.name}`}
              empty={t("rules.allconfirmed")}
              columns={[
                { title: t("rules.rule"), cell: (n) => word("method", n.rule) },
                { title: t("rules.name"), cell: (n) => <Plain>{n.kind === "limit" ? word("quantity", n.name) : n.name}</Plain> },
                { title: t("rules.value"), cell: (n) => <Plain>{`${n.value} ${n.unit}`}</Plain>, number: true },
                { title: t("rules.source"), cell: (n) => `${n.source} · ${n.clause}` },
              ]}
            />
            </>
          )}
        </Answer>
      </Panel>
    </>
  );
}
