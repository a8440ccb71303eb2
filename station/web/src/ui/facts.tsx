// What was found of a vehicle: values against limits with their clause, and each fact with how it became known.
import { t, word } from "../i18n";
import { href } from "../router";
import type { Fact, StoredRecord } from "../types_pages";
import { ValueBar } from "./bar";
import { Badge, Plain } from "./basic";
import { reasonText } from "./reasons";

export function VerdictValues({ record }: { record: StoredRecord }) {
  const v = record.verdict;
  return (
    <>
      <dl class="values-list">
        {v.values.map((value) => (
          <div key={`${value.quantity} ${value.point}`} class={value.exceeded && !value.screening ? "value-row value-over" : "value-row"}>
            <dt>{word("quantity", value.quantity)}</dt>
            <dd>
              <ValueBar value={value} />
              <small>
                {value.clause}
                {value.status === "unconfirmed" && ` · ${t("bar.unconfirmed")}`}
              </small>
            </dd>
          </div>
        ))}
      </dl>
      {v.reasons.length > 0 && (
        <ul class="reasons">
          {v.reasons.map((reason) => (
            <li key={reason}>{reasonText(reason)}</li>
          ))}
        </ul>
      )}
      <p class="small">{t("wall.rules", { pack: `${record.rules.pack} ${record.rules.rule}`, version: record.rules.version })}</p>
    </>
  );
}

export function VehicleFacts({ facts, changedOnly }: { facts: Fact[]; changedOnly?: boolean }) {
  const shown = changedOnly ? facts.filter((f) => f.previous) : facts;
  if (shown.length === 0) return <p class="empty">{changedOnly ? t("facts.nochange") : t("none")}</p>;
  return (
    <dl class="facts-list">
      {shown.map((f) => (
        <div key={f.key} class={f.previous ? "fact fact-changed" : "fact"}>
          <dt>{word("fact", f.key)}</dt>
          <dd>
            <b>
              <Plain>{word(`value.${f.key}`, f.value)}</Plain>
            </b>{" "}
            <span class="source">
              {word("source", f.source)}
              {f.by && (
                <>
                  {" "}
                  <Plain>{f.by}</Plain>
                </>
              )}
            </span>
            {f.previous && (
              <p>
                <Badge tone="warn">{t("facts.differs")}</Badge> <Plain>{f.previous}</Plain> (<Plain>{f.previous_in}</Plain>)
              </p>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}

export function Officers({ record }: { record: StoredRecord }) {
  return (
    <dl class="facts-list">
      {record.officers
        .filter((o) => o.role !== "login")
        .map((o) => (
          <div key={o.role} class="fact">
            <dt>{word("acting", o.role)}</dt>
            <dd>
              <b>
                <Plain>{o.number}</Plain>
              </b>{" "}
              {o.certificate && <Plain class="source">{o.certificate}</Plain>}
              {o.registered === false && <Badge tone="warn">{t("officer.unregistered")}</Badge>}
            </dd>
          </div>
        ))}
      {record.instruments.map((i) => (
        <div key={i.name} class="fact">
          <dt>{t("instrument")}</dt>
          <dd>
            <b>
              <Plain>{[i.model || i.name, i.serial].filter(Boolean).join(" ")}</Plain>
            </b>{" "}
            <span class="source">{i.certificate ? t("now.certificate", { certificate: i.certificate, until: i.valid_until ?? "?" }) : t("now.nocertificate")}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** The address of what is known under an id: a case, a test, a passage. */
export function vehicleLink(plate: string): string {
  return href("vehicle", plate);
}
