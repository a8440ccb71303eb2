// Cases: the queues, and one case with everything that two officers look at before they put their numbers under it.
import { url } from "../../api";
import { t, useLanguage, word } from "../../i18n";
import { useRead } from "../../read";
import { href } from "../../router";
import type { PageProps } from "../../routes";
import type { Alert, Case, Photo, Readings, Shown } from "../../types_pages";
import { Answer, VerdictBadge } from "../../ui/answer";
import { Badge, Panel, Plain } from "../../ui/basic";
import { Curves, WITH_CURVE } from "../../ui/curves";
import { Officers, VehicleFacts, VerdictValues } from "../../ui/facts";
import { Photos } from "../../ui/photos";
import { dayAndTime, Plate } from "../../ui/words";
import { AlertRow } from "../supervisor/alerts";
import { Acts } from "./acts";
import { CaseList } from "./list";
import { SecondLook } from "./review";
import { Deadlines, Deliveries, StepRow, Way } from "./steps";
import { stateTone } from "./words";

export function Cases({ argument }: PageProps) {
  useLanguage();
  return argument ? <CasePage id={argument} /> : <CaseList />;
}

const PAPERS = ["notice", "transfer-letter", "on-site-record"];

function CasePage({ id }: { id: string }) {
  const shown = useRead<Case>(`cases/${id}`, {}, ["case"]);
  return (
    <>
      <p>
        <a class="button" href={href("cases")}>
          {t("cases.back")}
        </a>
      </p>
      {!shown.data && <h1>{t("nav.cases")}</h1>}
      <Answer of={shown}>{(c) => <CaseFile shown={c} onDone={() => void shown.reload()} />}</Answer>
    </>
  );
}

function CaseFile({ shown, onDone }: { shown: Case; onDone: () => void }) {
  const passage = shown.method === "remote-sensing";
  const subject = useRead<Shown>(`${passage ? "passes" : "tests"}/${shown.subject}`);
  const curved = WITH_CURVE.includes(shown.method);
  const readings = useRead<Readings>(!curved ? null : `tests/${shown.subject}/readings`);
  const photos = useRead<{ photos: Photo[] }>(`photos/${shown.subject}`);
  const alerts = useRead<{ alerts: Alert[] }>("alerts", { subject: shown.subject });
  const record = subject.data?.record;
  const first = shown.steps.find((step) => step.act === "review");
  return (
    <>
      <div class="case-head">
        <h1>
          <Plate text={shown.plate} colour={shown.colour} large />
          <span class="unseen">{t("nav.cases")}</span>
        </h1>
        <div>
          <p>
            <Badge tone={stateTone(shown.state)}>{word("case", shown.state)}</Badge>{" "}
            {shown.repair !== "none" && <Badge tone={stateTone(shown.repair)}>{word("repair", shown.repair)}</Badge>}
          </p>
          <p>
            {word("method", shown.method)} · <Plain>{shown.case}</Plain> · <Plain>{dayAndTime(shown.created_at)}</Plain>
          </p>
        </div>
        <a class="button" href={href("vehicle", shown.plate)}>
          {t("wall.history")}
        </a>
      </div>
      <Way state={shown.state} />
      <div class="case-grid">
        <div>
          <SecondLook shown={shown} photos={photos.data?.photos ?? []} alerts={alerts.data?.alerts ?? []} subject={subject.data} />
          <Panel title={t("cases.found")} aside={subject.data && <VerdictBadge verdict={subject.data.verdict} />}>
            <Answer of={subject}>{(s) => (s.record ? <VerdictValues record={s.record} /> : <p class="empty">{t("running")}</p>)}</Answer>
          </Panel>
          {curved && (
            <Panel title={t("cases.curve")}>
              <Answer of={readings}>{(r) => <Curves curves={[{ name: shown.subject, readings: r }]} />}</Answer>
            </Panel>
          )}
          <Panel title={t("cases.photos")}>
            <Answer of={photos}>{(p) => <Photos photos={p.photos} newerThan={first?.event} />}</Answer>
          </Panel>
          {record && (
            <>
              <Panel title={t("cases.vehicle")}>
                <VehicleFacts facts={record.vehicle.facts} />
              </Panel>
              <Panel title={t("cases.people")}>
                <Officers record={record} />
              </Panel>
            </>
          )}
        </div>
        <div>
          <Panel title={t("cases.acts")} class="acts-panel">
            <Acts shown={shown} onDone={onDone} />
          </Panel>
          {(alerts.data?.alerts.length ?? 0) > 0 && (
            <Panel title={t("alerts.title")}>
              {alerts.data?.alerts.map((alert) => (
                <AlertRow key={alert.seq} alert={alert} />
              ))}
            </Panel>
          )}
          <Panel title={t("cases.deadlines")}>
            <Deadlines due={shown.due} />
          </Panel>
          <Panel title={t("cases.deliveries")}>
            <Deliveries shown={shown} onDone={onDone} />
          </Panel>
          <Panel title={t("cases.steps")}>
            <ol class="case-steps">
              {[...shown.steps].reverse().map((step) => (
                <StepRow key={step.n} step={step} />
              ))}
            </ol>
          </Panel>
          <Panel title={t("cases.papers")}>
            <div class="button-row">
              {PAPERS.map((kind) => (
                <a key={kind} class="button" target="_blank" rel="noopener" href={url(kind === "notice" ? `cases/${shown.case}/notice.pdf` : `cases/${shown.case}/documents/${kind}.pdf`)}>
                  {word("paper", kind)}
                </a>
              ))}
              {shown.sealed && (
                <a class="button" href={url(`cases/${shown.case}/package.asice`)}>
                  {t("cases.package")}
                </a>
              )}
            </div>
          </Panel>
        </div>
      </div>
    </>
  );
}
