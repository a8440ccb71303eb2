// What a decision on the spot consists of, for the outlet that takes decisions (04C54). The names of the facts are those of the shipped map
// (reports/outlets/vio04.conf); an agency whose map asks for more has the lines at the end. What is missing is named at the delivery.
import { t, word } from "../../i18n";
import { Choice, Field, Plain } from "../../ui/basic";

export interface Filed {
  facts: Record<string, string>;
  lines: string;
}
export const NOT_FILED: Filed = { facts: {}, lines: "" };

const driver = ["driver.name", "driver.jszh", "driver.zjcx", "driver.fzjg", "driver.dabh", "driver.ryfl"];
const marks = ["decision.jkfs", "decision.jkbj", "decision.jsjqbj", "decision.sgdj"];
const WARNING = "1";

/** The object that the act takes: what is filled in, and the lines "driver.dh=…". */
export function factsOf({ facts, lines }: Filed): Record<string, string> {
  const typed = lines.split("\n").filter((line) => line.includes("="));
  const pairs = typed.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)] as const);
  return Object.fromEntries([...Object.entries(facts), ...pairs].map(([key, value]) => [key.trim(), value.trim()]).filter(([key, value]) => key && value));
}

/** What it is called here, and there. */
function name(text: string, field: string) {
  return (
    <>
      {text} <Plain class="field-note">{field}</Plain>
    </>
  );
}

export function FiledFields({ filed, change }: { filed: Filed; change: (next: Filed) => void }) {
  const { facts, lines } = filed;
  const set = (more: Record<string, string>) => change({ lines, facts: { ...facts, ...more } });
  const kind = facts["decision.cfzl"] ?? "";
  const input = (key: string, note?: string) => (
    <Field
      key={key}
      label={name(word("filed", key), key === "driver.name" ? "dsr" : key.slice(key.indexOf(".") + 1))}
      value={facts[key] ?? ""}
      note={note}
      maxLength={key === "driver.name" ? 64 : 40}
      spellcheck={false}
      onInput={(e) => set({ [key]: e.currentTarget.value })}
    />
  );
  return (
    <>
      <p class="field-note">{t("filed.note")}</p>
      <h3>{t("filed.driver")}</h3>
      <div class="filed-grid">{driver.map((key) => input(key, key === "driver.ryfl" ? t("filed.ryfl.note") : undefined))}</div>
      <h3>{t("filed.decision")}</h3>
      <div class="filed-grid">
        <Choice
          label={name(word("filed", "decision.cfzl"), "cfzl")}
          value={kind}
          options={[WARNING, "2"].map((value) => ({ value, text: `${value} ${word("filed.cfzl", value)}` }))}
          // who is warned pays nothing
          onChange={(value) => set({ "decision.cfzl": value, "decision.fine": value === WARNING ? "0" : "" })}
        />
        <Field
          label={name(t("filed.fine"), "fkje")}
          value={facts["decision.fine"] ?? ""}
          note={kind === WARNING ? undefined : t("filed.fine.note")}
          inputmode="numeric"
          maxLength={6}
          onInput={(e) => set({ "decision.fine": e.currentTarget.value })}
        />
        {marks.map((key) => input(key, key === "decision.jkbj" ? t("filed.jkbj.note") : undefined))}
      </div>
      <details>
        <summary>{t("filed.lines")}</summary>
        <Field label={t("filed.lines.label")}>
          <textarea aria-label={t("filed.lines.label")} rows={3} maxLength={1000} spellcheck={false} value={lines} onInput={(e) => change({ facts, lines: e.currentTarget.value })} />
        </Field>
      </details>
    </>
  );
}
