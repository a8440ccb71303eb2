// The joint stand's checklist: item by item with three large answers; begun on one tablet, it can be taken up on another.
import { useState } from "preact/hooks";
import { post, upload, url } from "../api";
import { useDraft } from "../draft";
import { t, useLanguage, word } from "../i18n";
import { useRead } from "../read";
import { go, href } from "../router";
import type { PageProps } from "../routes";
import { Answer, Figure } from "../ui/answer";
import { Badge, Button, Choice, Field, Panel, Plain } from "../ui/basic";
import type { Tone } from "../ui/shape";
import { dayAndTime, Plate, Trouble } from "../ui/words";

interface Item {
  authority: string;
  en: string;
  item: string;
  unit: string;
  zh: string;
}
interface List {
  items: Item[];
  list: string;
  title: string;
  version: string;
}
interface Lists {
  checklists: List[];
  open: { checklist: string; colour: string; list: string; plate: string; started_at: string; test: string }[];
}
interface Given {
  answer: string;
  item: string;
  officer: string;
  photo: string;
  remark: string;
  value: string;
}
interface Filled {
  answers: Given[];
  checklist: string;
  colour: string;
  ended: boolean;
  list: string;
  plate: string;
  test: string;
}

const COLOURS = ["yellow", "blue", "green", "yellow-green", "black", "white"];
const ANSWERS = ["passed", "failed", "not-checked"];

export function Checklist({ argument }: PageProps) {
  useLanguage();
  const lists = useRead<Lists>("checklists");
  return <Answer of={lists}>{(l) => (argument ? <Filling key={argument} id={argument} lists={l} /> : <Begin lists={l} />)}</Answer>;
}

function Begin({ lists }: { lists: Lists }) {
  const [fields, setFields, forget] = useDraft("checklist", { plate: "", colour: "yellow", list: lists.checklists[0]?.list ?? "" });
  const [error, setError] = useState<unknown>(undefined);
  const [busy, setBusy] = useState(false);
  const start = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const begun = await post<{ checklist: string }>("checklists", fields);
      forget();
      go("checklist", begun.checklist);
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  return (
    <>
      <div class="page-head">
        <h1>{t("nav.checklist")}</h1>
      </div>
      <div class="two">
        <Panel title={t("checklist.begin")}>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              if (fields.plate.trim() && !busy) void start();
            }}
          >
            {lists.checklists.length > 1 && (
              <Choice label={t("checklist.list")} value={fields.list} options={lists.checklists.map((l) => ({ value: l.list, text: l.title }))} onChange={(list) => setFields((old) => ({ ...old, list }))} />
            )}
            {lists.checklists.length === 0 && <p class="empty">{t("checklist.nolists")}</p>}
            <Field label={t("vehicle.plate")} value={fields.plate} autocapitalize="characters" spellcheck={false} placeholder="新A12345" onInput={(e) => setFields((old) => ({ ...old, plate: e.currentTarget.value.toUpperCase() }))} />
            <Choice label={t("checklist.colour")} value={fields.colour} options={COLOURS.map((value) => ({ value, text: word("colour", value) }))} onChange={(colour) => setFields((old) => ({ ...old, colour }))} />
            <Trouble error={error} />
            <Button kind="primary" type="submit" class="button-big" busy={busy} disabled={!fields.plate.trim() || lists.checklists.length === 0}>
              {t("checklist.begin")}
            </Button>
          </form>
        </Panel>
        <Panel title={t("checklist.resume")}>
          {lists.open.length === 0 && <p class="empty">{t("checklist.noopen")}</p>}
          <ol class="rows">
            {lists.open.map((c) => (
              <li key={c.checklist}>
                <a class="row recent-row" href={href("checklist", c.checklist)}>
                  <Plate text={c.plate} colour={c.colour} />
                  <span>{lists.checklists.find((l) => l.list === c.list)?.title ?? c.list}</span>
                  <Plain class="small">{dayAndTime(c.started_at)}</Plain>
                </a>
              </li>
            ))}
          </ol>
        </Panel>
      </div>
    </>
  );
}

function Filling({ id, lists }: { id: string; lists: Lists }) {
  const filled = useRead<Filled>(`checklists/${id}`);
  return (
    <Answer of={filled}>
      {(f) => {
        const list = lists.checklists.find((l) => l.list === f.list);
        return (
          <>
            <div class="case-head">
              <h1>
                <span class="unseen">{t("nav.checklist")} </span>
                <Plate text={f.plate} colour={f.colour} large />
              </h1>
              <p>
                {list?.title ?? f.list} <Plain class="small">{f.checklist}</Plain> {f.test && <Plain class="small">{f.test}</Plain>}
              </p>
              <a class="button" href={href("checklist")}>
                {t("checklist.others")}
              </a>
            </div>
            <Sum filled={f} items={list?.items ?? []} onDone={() => void filled.reload()} />
            <ol class="items">
              {(list?.items ?? f.answers.map((a) => ({ item: a.item, zh: a.item, en: a.item, authority: "", unit: "" }))).map((item, i) => (
                <ItemCard key={item.item} number={i + 1} item={item} filled={f} given={f.answers.find((a) => a.item === item.item)} onDone={() => void filled.reload()} />
              ))}
            </ol>
          </>
        );
      }}
    </Answer>
  );
}

function Sum({ filled, items, onDone }: { filled: Filled; items: Item[]; onDone: () => void }) {
  const [error, setError] = useState<unknown>(undefined);
  const [busy, setBusy] = useState(false);
  const count = (answer: string) => filled.answers.filter((a) => a.answer === answer).length;
  const open = items.length - filled.answers.length;
  const end = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await post(`checklists/${filled.checklist}/end`);
      onDone();
    } catch (problem) {
      setError(problem);
    }
    setBusy(false);
  };
  return (
    <Panel>
      <div class="sum">
        <dl class="figures">
          <Figure text={t("checklist.answered")} value={`${filled.answers.length} / ${items.length}`} />
          <Figure text={t("answer.passed")} value={count("passed")} tone="good" />
          <Figure text={t("answer.failed")} value={count("failed")} tone={count("failed") ? "bad" : undefined} />
          <Figure text={t("answer.not-checked")} value={count("not-checked") + Math.max(0, open)} />
        </dl>
        {filled.ended ? (
          <Badge tone="good">{t("checklist.ended")}</Badge>
        ) : (
          <div>
            <Button kind="primary" class="button-big" busy={busy} onClick={() => void end()}>
              {t("checklist.end")}
            </Button>
            {open > 0 && <p class="small">{t("checklist.openitems", { n: open })}</p>}
          </div>
        )}
      </div>
      <Trouble error={error} />
    </Panel>
  );
}

function answerTone(answer: string): Tone {
  return answer === "passed" ? "good" : answer === "failed" ? "bad" : "off";
}

/** One item. What needs a number, a picture or a word is asked for before it is sent; the rest is sent by one touch. */
function ItemCard({ number, item, filled, given, onDone }: { number: number; item: Item; filled: Filled; given: Given | undefined; onDone: () => void }) {
  const language = useLanguage();
  const [fields, setFields, forget] = useDraft(`item ${filled.checklist} ${item.item}`, { answer: "", value: given?.value ?? "", remark: given?.remark ?? "" });
  const [photo, setPhoto] = useState<File | null>(null);
  const [error, setError] = useState<unknown>(undefined);
  const [busy, setBusy] = useState(false);
  const send = async (answer: string) => {
    setBusy(true);
    setError(undefined);
    const said = { item: item.item, answer, value: fields.value.trim() || undefined, remark: fields.remark.trim() || undefined };
    try {
      if (photo) await upload(`checklists/${filled.checklist}/answers`, photo, photo.type || "image/jpeg", said);
      else await post(`checklists/${filled.checklist}/answers`, said);
      forget();
      setPhoto(null);
      onDone();
    } catch (problem) {
      setError(problem);
    }
    setBusy(false);
  };
  const choose = (answer: string) => {
    const more = answer === "failed" || (answer === "passed" && item.unit !== "");
    setFields((old) => ({ ...old, answer }));
    if (!more) void send(answer);
  };
  const asked = !filled.ended && fields.answer !== "" && (fields.answer === "failed" || item.unit !== "");
  return (
    <li class={`item item-${given?.answer ?? "open"}`}>
      <div class="item-text">
        <b>
          <Plain>{number}</Plain> {language === "en" ? item.en : item.zh}
        </b>
        <small>{word("authority", item.authority)}</small>
        {given && (
          <p class="given">
            <Badge tone={answerTone(given.answer)}>{word("answer", given.answer)}</Badge>{" "}
            {given.value && (
              <b>
                <Plain>{given.value}</Plain> {item.unit}
              </b>
            )}{" "}
            {given.remark} <Plain class="small">{given.officer}</Plain>
          </p>
        )}
        {given?.photo && <img class="given-photo" src={url(`objects/${given.photo}`)} alt={t("checklist.photo")} loading="lazy" />}
      </div>
      {!filled.ended && (
        <div class="item-answers" role="group" aria-label={language === "en" ? item.en : item.zh}>
          {ANSWERS.map((answer) => (
            <button key={answer} type="button" class="choice-option" disabled={busy} aria-pressed={(fields.answer || given?.answer) === answer} onClick={() => choose(answer)}>
              {word("answer", answer)}
            </button>
          ))}
        </div>
      )}
      {asked && (
        <div class="item-more">
          {item.unit && <Field label={`${t("checklist.value")} (${item.unit})`} inputmode="decimal" value={fields.value} onInput={(e) => setFields((old) => ({ ...old, value: e.currentTarget.value }))} />}
          <Field label={t("checklist.remark")} value={fields.remark} maxLength={200} onInput={(e) => setFields((old) => ({ ...old, remark: e.currentTarget.value }))} />
          <Field label={t("checklist.photo")} type="file" accept="image/jpeg,image/png" capture="environment" onChange={(e) => setPhoto(e.currentTarget.files?.[0] ?? null)} />
          <Button kind="primary" busy={busy} onClick={() => void send(fields.answer)}>
            {t("checklist.save", { answer: word("answer", fields.answer) })}
          </Button>
        </div>
      )}
      <Trouble error={error} />
    </li>
  );
}
