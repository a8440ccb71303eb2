// The second look: what the first officer has done, and what has changed since or differs from what was known before. A case is the same for
// both officers unless something here says otherwise.
import { t } from "../../i18n";
import type { Alert, Case, Photo, Shown } from "../../types_pages";
import { Badge, Notice, Panel, Plain } from "../../ui/basic";
import { VehicleFacts } from "../../ui/facts";
import { dayAndTime } from "../../ui/words";
import { AlertRow } from "../supervisor/alerts";
import { StepRow } from "./steps";

interface Differences {
  at: string;
  officer: string;
  photos: Photo[];
  steps: Case["steps"];
  alerts: Alert[];
  changed: boolean;
}

/** What came after the first review; null: there was none. */
export function differences(shown: Case, photos: Photo[], alerts: Alert[], subject: Shown | undefined): Differences | null {
  const first = shown.steps.find((step) => step.act === "review");
  if (!first) return null;
  const found = {
    at: first.at,
    officer: first.officer,
    photos: photos.filter((photo) => photo.event > first.event),
    steps: shown.steps.filter((step) => step.n > first.n && step.act !== "review"),
    alerts: alerts.filter((alert) => alert.at > first.at),
  };
  return { ...found, changed: found.photos.length + found.steps.length + found.alerts.length > 0 || !!subject?.void_reason };
}

export function SecondLook({ shown, photos, alerts, subject }: { shown: Case; photos: Photo[]; alerts: Alert[]; subject: Shown | undefined }) {
  const found = differences(shown, photos, alerts, subject);
  if (!found || shown.state !== "review1") return null;
  const facts = subject?.record?.vehicle.facts ?? [];
  return (
    <Panel title={t("second.look")} class="second-look" aside={<Badge tone={found.changed ? "warn" : "good"}>{found.changed ? t("second.changed") : t("second.same")}</Badge>}>
      <p>
        {t("second.first")} <b><Plain>{found.officer}</Plain></b> <Plain>{dayAndTime(found.at)}</Plain>
      </p>
      {!found.changed && <p>{t("second.same.long", { photos: photos.length, files: subject?.record?.files.length ?? 0 })}</p>}
      {subject?.void_reason && <Notice tone="bad" title={t("second.void")}>{subject.void_reason}</Notice>}
      {found.photos.length > 0 && <Notice tone="warn" title={t("second.photos", { n: found.photos.length })} />}
      {found.alerts.map((alert) => (
        <AlertRow key={alert.seq} alert={alert} />
      ))}
      {found.steps.length > 0 && (
        <ol class="case-steps">
          {found.steps.map((step) => (
            <StepRow key={step.n} step={step} />
          ))}
        </ol>
      )}
      <h3>{t("second.facts")}</h3>
      <VehicleFacts facts={facts} changedOnly />
      <h3>{t("second.look.at")}</h3>
      <ul class="reasons">
        <li>{t("second.look.plate")}</li>
        <li>{t("second.look.curve")}</li>
        <li>{t("second.look.instrument")}</li>
      </ul>
    </Panel>
  );
}
