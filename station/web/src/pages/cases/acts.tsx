// What can be done with a case now, by whom, and what it needs. The officer is the session's first or second one, whoever may do it.
import { useState } from "preact/hooks";
import { loginWanted, post, session } from "../../api";
import { useDraft } from "../../draft";
import { t, word } from "../../i18n";
import { useStore } from "../../store";
import type { Officer, Session } from "../../types";
import type { Case, NextAct } from "../../types_pages";
import { Button, Dialog, Field, Notice, Plain } from "../../ui/basic";
import { Trouble } from "../../ui/words";
import { factsOf, FiledFields, NOT_FILED } from "./filed";

const GROUNDS = ["1", "2", "3", "4", "5", "6", "7", "8"];
const NO_FIELDS = { reason: "", number: "", ground: "", police: "", until: "" };

interface Doer {
  officer: Officer;
  second: boolean;
}

/** Who of this tablet's officers may do it; a second review is for another officer than the tester and the first reviewer. */
function doerOf(next: NextAct, shown: Case, now: Session | null): Doer | null {
  if (!now) return null;
  const both: Doer[] = [{ officer: now, second: false }];
  if (now.second) both.push({ officer: now.second, second: true });
  return (
    both.find(
      ({ officer: o }) => next.roles.includes(o.role) && !(next.needs.includes("another-officer") && (o.officer === shown.reviewer1 || o.officer === shown.tester)),
    ) ?? null
  );
}

function whyNot(next: NextAct, shown: Case, now: Session | null): string {
  if (!now) return t("acts.login");
  if (!next.roles.includes(now.role)) return t("acts.roles", { roles: next.roles.map((r) => word("role", r)).join(t("join.words")) });
  if (now.officer === shown.reviewer1) return t("cases.youfirst");
  return now.officer === shown.tester ? t("cases.youtested") : t("acts.other");
}

export function Acts({ shown, onDone }: { shown: Case; onDone: () => void }) {
  const now = useStore(session);
  const [open, setOpen] = useState<{ next: NextAct; doer: Doer } | null>(null);
  if (shown.next.length === 0) return <p class="empty">{t("acts.none")}</p>;
  return (
    <>
      {!now && (
        <Button kind="primary" onClick={() => loginWanted.set(true)}>
          {t("acts.login")}
        </Button>
      )}
      <ul class="acts">
        {shown.next.map((next, i) => {
          const doer = doerOf(next, shown, now);
          return (
            <li key={next.act}>
              <Button kind={next.act === "return" || next.act === "blacklist" ? "danger" : i === 0 && doer ? "primary" : "plain"} disabled={!doer} onClick={() => doer && setOpen({ next, doer })}>
                {next.act === "review" ? t(shown.state === "review1" ? "act.review.second" : "act.review.first") : word("act", next.act)}
              </Button>
              <small>
                {doer ? (
                  <>
                    {t("acts.as")} <Plain>{doer.officer.officer}</Plain> {doer.officer.name}
                  </>
                ) : (
                  now && whyNot(next, shown, now)
                )}
              </small>
            </li>
          );
        })}
      </ul>
      {open && <ActDialog shown={shown} {...open} onClose={() => setOpen(null)} onDone={onDone} />}
    </>
  );
}

function ActDialog({ shown, next, doer, onClose, onDone }: { shown: Case; next: NextAct; doer: Doer; onClose: () => void; onDone: () => void }) {
  const [fields, setFields, forget] = useDraft(`act ${shown.case} ${next.act}`, NO_FIELDS);
  const [filed, setFiled, forgetFiled] = useDraft(`filed ${shown.case}`, NOT_FILED);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const set = (key: keyof typeof NO_FIELDS) => (value: string) => setFields((old) => ({ ...old, [key]: value }));
  const asks = (need: string) => next.needs.includes(need);
  const lacks = (asks("reason") && !fields.reason.trim()) || (asks("number") && !fields.number.trim()) || (asks("ground") && !fields.ground) || (asks("police") && !shown.police && !fields.police.trim()) || (asks("facts") && Object.keys(factsOf(filed)).length === 0);
  const send = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const body: Record<string, unknown> = Object.fromEntries(Object.entries(fields).filter(([, value]) => value.trim() !== ""));
      if (asks("facts")) body.facts = factsOf(filed);
      await post(`cases/${shown.case}/${next.act}`, body, { as: doer.second ? "second" : undefined });
      forget();
      forgetFiled();
      onClose();
      onDone();
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  return (
    <Dialog title={word("act", next.act)} onClose={onClose} class={asks("facts") ? "dialog-wide" : ""}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!lacks && !busy) void send();
        }}
      >
        {next.act === "review" && <Notice tone="info" title={t("acts.review.means")} />}
        {asks("ground") && (
          <fieldset class="field grounds">
            <legend>{t("acts.ground")}</legend>
            {GROUNDS.map((ground) => (
              <button key={ground} type="button" class="choice-option" aria-pressed={fields.ground === ground} onClick={() => set("ground")(ground)}>
                {ground} {word("ground", ground)}
              </button>
            ))}
          </fieldset>
        )}
        {asks("number") && <Field label={t("acts.number")} value={fields.number} maxLength={63} onInput={(e) => set("number")(e.currentTarget.value)} />}
        {asks("police") && (
          <Field
            label={t("acts.police")}
            value={fields.police}
            note={shown.police ? t("acts.police.known", { n: shown.police }) : undefined}
            maxLength={31}
            onInput={(e) => set("police")(e.currentTarget.value)}
          />
        )}
        {(next.act === "repair-notice" || fields.until) && <Field label={t("acts.until")} type="date" value={fields.until} note={t("acts.until.note")} onInput={(e) => set("until")(e.currentTarget.value)} />}
        {asks("facts") && <FiledFields filed={filed} change={setFiled} />}
        {asks("reason") && <Field label={t("reason")} value={fields.reason} note={t("reason.needed")} maxLength={200} onInput={(e) => set("reason")(e.currentTarget.value)} />}
        <Trouble error={error} />
        <p>
          {t("acts.as")} <Plain>{doer.officer.officer}</Plain> {doer.officer.name} · {word("role", doer.officer.role)}
        </p>
        <div class="dialog-foot">
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button kind={next.act === "return" ? "danger" : "primary"} type="submit" busy={busy} disabled={lacks}>
            {word("act", next.act)}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
