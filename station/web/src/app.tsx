// The frame of every page: who and where, connection, clock, the three numbers of the outbox, the menu; and what lies over a page, login
// and lock.
import { Component, type ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { loginWanted, session } from "./api";
import { languages, language, setLanguage, t, useLanguage, word } from "./i18n";
import { connection, status } from "./live";
import { Login } from "./pages/login";
import { SecondOfficer } from "./pages/second";
import { href, place } from "./router";
import { routes } from "./routes";
import { logout, resumeSession } from "./session";
import { useNow, useStore } from "./store";
import { setTheme, theme } from "./theme";
import { Button, Notice, Plain } from "./ui/basic";
import { Shape } from "./ui/shape";
import { Plate, span, timeOfDay } from "./ui/words";

export function App() {
  useLanguage();
  const { page, argument } = useStore(place);
  const wanted = useStore(loginWanted);
  const [second, setSecond] = useState(false);
  const open = wanted || page === "login";
  const route = routes.find((r) => r.page === page) ?? (page === "" || page === "login" ? routes[0] : undefined);
  useEffect(() => {
    document.getElementById("content")?.focus();
  }, [page]);
  return (
    <>
      <a class="skip" href={`${href(page, argument)}`} onClick={(event) => {
        event.preventDefault();
        document.getElementById("content")?.focus();
      }}>
        {t("frame.skip")}
      </a>
      <div class="frame" aria-hidden={open ? "true" : undefined}>
        <Strip onSecond={() => setSecond(true)} />
        <Menu page={route?.page ?? page} />
        <main id="content" tabIndex={-1} class={`content page-${route?.page ?? "none"}`}>
          <Connection />
          <Fence key={page}>{route ? <route.show argument={argument} /> : <Notice tone="warn" title={t("frame.nopage")} />}</Fence>
        </main>
      </div>
      {open && <Login />}
      {second && !open && <SecondOfficer onClose={() => setSecond(false)} />}
    </>
  );
}

function Strip({ onSecond }: { onSecond: () => void }) {
  const now = useStore(status);
  const station = now?.status.station;
  return (
    <header class="strip">
      <div class="strip-station">
        <strong>{station?.name || "smogd"}</strong>
        <Plain>{station?.id ?? ""}</Plain>
      </div>
      <Clock />
      <Link />
      <Outbox />
      <Running />
      <div class="strip-tools">
        <label>
          <span class="unseen">{t("frame.language")}</span>
          <select value={language.get()} onChange={(e) => setLanguage(e.currentTarget.value as (typeof languages)[number])}>
            <option value="zh">中文</option>
            <option value="en">English</option>
            <option value="ug" lang="ug">
              ئۇيغۇرچە
            </option>
          </select>
        </label>
        <ThemeSwitch />
        <Who onSecond={onSecond} />
      </div>
    </header>
  );
}

function ThemeSwitch() {
  const now = useStore(theme);
  const other = now === "sunlight" ? "night" : "sunlight";
  return (
    <Button class="strip-button" label={`${t("frame.theme")}: ${t(`frame.theme.${other}`)}`} onClick={() => setTheme(other)}>
      {now === "sunlight" ? "☾" : "☀"}
    </Button>
  );
}

/** The station's clock, as it said it last, running on; never the tablet's. */
function Clock() {
  const last = useStore(status);
  const now = useNow(500);
  if (!last) return <span class="strip-clock">--:--:--</span>;
  const { at, synchronised } = last.status.clock;
  const [h = 0, m = 0, s = 0] = timeOfDay(at).split(":").map(Number);
  const total = Math.floor(h * 3600 + m * 60 + s + Math.max(0, now - last.at) / 1000) % 86_400;
  const two = (n: number) => String(n).padStart(2, "0");
  return (
    <span class="strip-clock" title={t("now.clock")}>
      {!synchronised && <Shape tone="warn" />}
      <time dir="ltr">{`${two(Math.floor(total / 3600))}:${two(Math.floor(total / 60) % 60)}:${two(total % 60)}`}</time>
    </span>
  );
}

function Link() {
  const { state } = useStore(connection);
  const tone = state === "open" ? "good" : state === "lost" ? "bad" : "off";
  const text = state === "open" ? t("frame.connected") : state === "lost" ? t("frame.lost") : t("frame.connecting");
  return (
    <span class={`strip-link tone-${tone}`} role="status">
      <Shape tone={tone} />
      <span>{text}</span>
    </span>
  );
}

/** Waiting, sent, stuck: on every page. */
function Outbox() {
  const outbox = useStore(status, (s) => s?.status.outbox);
  const stuck = outbox ? outbox.refused + outbox.unknown : undefined;
  return (
    <dl class="counters">
      <Counter name="waiting" text={t("frame.waiting")} value={outbox?.waiting} />
      <Counter name="sent" text={t("frame.sent")} value={outbox?.sent} />
      <Counter
        name="stuck"
        text={t("frame.stuck")}
        value={stuck}
        bad={!!stuck}
        title={outbox && t("frame.stuck.title", { refused: outbox.refused, unknown: outbox.unknown })}
      />
    </dl>
  );
}

function Counter({ name, text, value, bad, title }: { name: string; text: string; value: number | undefined; bad?: boolean; title?: string }) {
  return (
    <div class={`counter${bad ? " counter-bad" : ""}`} title={title} data-counter={name}>
      <dt>{text}</dt>
      <dd>
        {bad && <Shape tone="bad" />}
        <Plain>{value ?? "–"}</Plain>
      </dd>
    </div>
  );
}

function Running() {
  const test = useStore(status, (s) => s?.status.test);
  const { page } = useStore(place);
  if (!test || page === "test") return null;
  return (
    <a class="strip-running" href={href("test")}>
      {t("frame.running")} <Plate text={test.plate} colour={test.colour} />
    </a>
  );
}

/** the second officer's five minutes are the station's to count */
const SECOND_LOOK_MS = 15_000;

function Who({ onSecond }: { onSecond: () => void }) {
  const who = useStore(session);
  const second = !!who?.second;
  useEffect(() => {
    if (!second) return;
    const timer = setInterval(() => void resumeSession(), SECOND_LOOK_MS);
    return () => clearInterval(timer);
  }, [second]);
  if (!who)
    return (
      <Button kind="primary" class="strip-button" onClick={() => loginWanted.set(true)}>
        {t("frame.login")}
      </Button>
    );
  return (
    <>
      <span class="strip-who">
        <strong>{who.name || <Plain>{who.officer}</Plain>}</strong>
        <span>{word("role", who.role)}</span>
      </span>
      <Button class="strip-button" onClick={onSecond}>
        {who.second ? (
          <>
            {t("frame.second")}&nbsp;<Plain>{who.second.name || who.second.officer}</Plain>
          </>
        ) : (
          t("second.add")
        )}
      </Button>
      <Button class="strip-button" onClick={() => void logout().catch(() => undefined)}>
        {t("frame.logout")}
      </Button>
    </>
  );
}

function Menu({ page }: { page: string }) {
  return (
    <nav class="menu" aria-label={t("nav.menu")}>
      {routes
        .filter((route) => route.menu !== false)
        .map((route) => (
          <a key={route.page} href={href(route.page)} aria-current={route.page === page ? "page" : undefined}>
            <svg viewBox="0 0 24 24" width="28" height="28" aria-hidden="true">
              <path d={route.icon} />
            </svg>
            <span>{t(route.title)}</span>
          </a>
        ))}
    </nav>
  );
}

/** Said across the page while the line is down, and since when. */
function Connection() {
  const { state, since } = useStore(connection);
  const now = useNow(1000);
  if (state !== "lost" || now - since < 1500) return null;
  return <Notice tone="bad" title={t("frame.lost.long", { for: span(now - since) })} live />;
}

/** A page that fails takes no other one with it. */
class Fence extends Component<{ children: ComponentChildren }, { error: unknown }> {
  state = { error: null as unknown };

  componentDidCatch(error: unknown) {
    this.setState({ error });
  }

  render() {
    if (!this.state.error) return this.props.children;
    return (
      <Notice tone="bad" title={t("frame.broken")} live>
        <p>{t("frame.broken.help")}</p>
        <p lang="en" dir="ltr">
          {String(this.state.error)}
        </p>
        <Button kind="primary" onClick={() => location.reload()}>
          {t("frame.reload")}
        </Button>
      </Notice>
    );
  }
}
