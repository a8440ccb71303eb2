// What the station is worth at this moment: instruments with the age of each value, what is locked and how to clear it, clock, disk,
// journal, and what smogpush has to tell.
import { t, useLanguage, word } from "../i18n";
import { status } from "../live";
import { href } from "../router";
import { useNow, useStore } from "../store";
import type { Instrument, Lockout, Status, Value } from "../types";
import { Badge, Notice, Panel, Plain } from "../ui/basic";
import type { Tone } from "../ui/shape";
import { age, dayAndTime, Plate, unit } from "../ui/words";

export function Now() {
  useLanguage();
  const last = useStore(status);
  const now = useNow(250);
  if (!last) return <p class="empty">{t("loading")}</p>;
  const passed = Math.max(0, now - last.at);
  const s = last.status;
  const blocking = s.lockouts.filter((l) => l.blocks.length > 0);
  return (
    <>
      <div class="now-head">
        <h1>{t("now.title")}</h1>
        <a class="button button-primary button-big" href={href("test")}>
          {s.test ? t("now.resume") : t("now.start")}
        </a>
      </div>
      {s.push.map((note) => (
        <Notice key={note.about} tone="warn" title={t("now.push")}>
          <p lang="en" dir="ltr">
            {note.text}
          </p>
          <p>
            {t("now.since")} <Plain>{dayAndTime(note.since)}</Plain>
          </p>
        </Notice>
      ))}
      <div class="now-grid">
        <div>
          <Panel title={t("now.instruments")}>
            {s.instruments.length === 0 && <p class="empty">{t("now.noinstruments")}</p>}
            <div class="instruments">
              {s.instruments.map((instrument) => (
                <InstrumentCard key={instrument.name} instrument={instrument} passed={passed} />
              ))}
            </div>
          </Panel>
        </div>
        <div>
          <Panel title={t("now.lockouts")} aside={blocking.length > 0 && <Badge tone="bad">{t("now.blocked")}</Badge>}>
            {s.lockouts.length === 0 ? <Badge tone="good">{t("now.nolockouts")}</Badge> : s.lockouts.map((l) => <LockoutRow key={`${l.code} ${l.instrument} ${l.plate}`} lockout={l} />)}
          </Panel>
          <Panel title={t("now.station")}>
            <Facts status={s} />
          </Panel>
        </div>
      </div>
    </>
  );
}

function instrumentTone(i: Instrument): Tone {
  if (i.state === "offline") return "bad";
  if (i.state !== "live") return "off";
  return i.status === "ok" ? "good" : "warn";
}

function InstrumentCard({ instrument: i, passed }: { instrument: Instrument; passed: number }) {
  const values = Object.entries(i.values);
  return (
    <article class={`instrument instrument-${i.state}`} aria-label={i.name}>
      <header>
        <h3>
          <Plain>{i.name}</Plain>
        </h3>
        <Badge tone={instrumentTone(i)}>
          {word("state", i.state)}
          {i.state === "live" && i.status !== "ok" && ` · ${word("status", i.status)}`}
        </Badge>
      </header>
      {values.length > 0 ? (
        <dl class="values">
          {values.map(([name, value]) => (
            <ValueCell key={name} name={name} value={value} passed={passed} />
          ))}
        </dl>
      ) : (
        <p class="empty">{t("now.noday")}</p>
      )}
      <footer>
        <Plain>{[i.model || i.driver, i.serial_read || i.serial].filter(Boolean).join(" · ")}</Plain>
        {" · "}
        {i.certificate ? t("now.certificate", { certificate: i.certificate, until: i.valid_until || "?" }) : t("now.nocertificate")}
        {i.detail && (
          <p class="instrument-detail" lang="en" dir="ltr">
            {i.detail}
          </p>
        )}
      </footer>
    </article>
  );
}

/** A value is as old as it was when the status was made, and older by what has passed since; one that is too old is grey and says so. */
function ValueCell({ name, value, passed }: { name: string; value: Value; passed: number }) {
  const old = value.age_ms + passed;
  const stale = value.quality === "stale" || passed > 10_000;
  const tone = stale ? "stale" : value.quality === "ok" ? "fresh" : "doubtful";
  return (
    <div class={`value value-${tone}`} data-quantity={name}>
      <dt>{word("quantity", name)}</dt>
      <dd>
        <span class="value-number">
          <Plain>{value.value}</Plain>
        </span>
        <span class="value-unit">{unit(value.unit)}</span>
        <span class="value-age">
          {tone !== "fresh" && `${word("quality", stale ? "stale" : value.quality)} · `}
          {age(old)}
        </span>
      </dd>
    </div>
  );
}

function LockoutRow({ lockout: l }: { lockout: Lockout }) {
  const chinese = useLanguage() !== "en";
  return (
    <article class="lockout">
      <h3>
        <Badge tone={l.blocks.length ? "bad" : "warn"}>{chinese ? l.title_zh : l.title}</Badge>
        {l.instrument && <Plain>{l.instrument}</Plain>}
        {l.plate && <Plate text={l.plate} colour={l.colour ?? ""} />}
      </h3>
      {l.what && (
        <p lang="en" dir="ltr">
          {l.what}
        </p>
      )}
      <p>
        <b>{t("now.clear")}</b> {chinese ? l.clear_zh : l.clear}
      </p>
      <p class="lockout-more">
        {t("now.since")} <Plain>{dayAndTime(l.since)}</Plain>
        {l.blocks.length > 0 && ` · ${t("now.blocks")} ${l.blocks.map((m) => word("method", m)).join("、")}`}
      </p>
    </article>
  );
}

function Facts({ status: s }: { status: Status }) {
  return (
    <dl class="facts">
      <dt>{t("now.clock")}</dt>
      <dd>
        <Badge tone={s.clock.synchronised ? "good" : "warn"}>{s.clock.synchronised ? t("now.clock.good") : t("now.clock.bad")}</Badge>
        <span>
          {t("now.clock.source", { source: s.clock.source })}
          {s.clock.error_ms !== undefined && ` · ${t("now.clock.error", { n: s.clock.error_ms })}`}
        </span>
      </dd>
      <dt>{t("now.disk")}</dt>
      <dd>
        <Badge tone={s.disk.problem ? "bad" : "good"}>{s.disk.problem ? s.disk.problem : t("disk.ok")}</Badge>
        <span>
          {t("now.disk.free", { n: s.disk.free_mb })} · {t("now.disk.reserve", { n: s.disk.reserve_mb })}
        </span>
      </dd>
      <dt>{t("now.journal")}</dt>
      <dd>
        <Badge tone={s.journal.trouble ? "bad" : "good"}>{s.journal.trouble || t("now.journal.good")}</Badge>
        <span>
          {t("now.journal.events", { n: s.journal.events })} · <Plain class="mono">{s.journal.root.slice(0, 16)}</Plain>
        </span>
      </dd>
      {s.cameras.map((camera) => (
        <CameraRow key={camera.name} camera={camera} />
      ))}
    </dl>
  );
}

function CameraRow({ camera }: { camera: Status["cameras"][number] }) {
  return (
    <>
      <dt>
        {t("now.cameras")} <Plain>{camera.name}</Plain>
      </dt>
      <dd>
        <Badge tone={camera.problem ? "bad" : "good"}>{camera.problem || camera.stored}</Badge>
      </dd>
    </>
  );
}
