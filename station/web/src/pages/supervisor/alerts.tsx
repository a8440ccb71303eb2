// What looks like cheating, in words, with the figures that it rests on.
import { word } from "../../i18n";
import { href } from "../../router";
import type { Alert } from "../../types_pages";
import { Badge, Plain } from "../../ui/basic";
import { dayAndTime } from "../../ui/words";

/** A name of the station's in words, where its kind is known by its key. */
function text(key: string, value: unknown): string {
  if (typeof value !== "string") return typeof value === "object" ? JSON.stringify(value) : String(value);
  if (key === "fact" || key === "key") return word("fact", value);
  if (key === "source" || key === "colour" || key === "method" || key === "quantity" || key === "verdict") return word(key, value);
  return value;
}

export function AlertRow({ alert, links }: { alert: Alert; links?: boolean }) {
  const plate = alert.evidence.plate;
  return (
    <article class="alert">
      <p>
        <Badge tone="warn">{word("alert", alert.alert)}</Badge>
      </p>
      <p>
        <Plain>{dayAndTime(alert.at)}</Plain> · <Plain>{alert.subject}</Plain>
        {links && typeof plate === "string" && (
          <>
            {" · "}
            <a class="link" href={href("vehicle", plate)}>
              <Plain>{plate}</Plain>
            </a>
          </>
        )}
      </p>
      <dl class="evidence">
        {Object.entries(alert.evidence).map(([key, value]) => (
          <div key={key}>
            <dt>{word("evidence", key)}</dt>
            <dd>
              <Plain>{text(key, value)}</Plain>
            </dd>
          </div>
        ))}
      </dl>
    </article>
  );
}
