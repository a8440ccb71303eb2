// Before a test: plate, vehicle, people and method. Three steps; each keeps what was entered until the test has started.
import { useState } from "preact/hooks";
import { ApiError, loginWanted, post, session } from "../../api";
import { useDraft } from "../../draft";
import { t, word } from "../../i18n";
import { lastEventId, status } from "../../live";
import { kindOf } from "../../plates";
import { useStore } from "../../store";
import { started } from "../../testfeed";
import { Button, Dialog, Notice, Plain } from "../../ui/basic";
import { Plate, Trouble } from "../../ui/words";
import { MethodStep } from "./method";
import { PlateStep } from "./plate";
import { VehicleStep } from "./vehicle";

export interface Draft {
  step: 1 | 2 | 3;
  plate: string;
  colour: string;
  /** the camera's reading that was offered, whether it was taken or corrected */
  suggestion: string;
  facts: Record<string, string>;
  /** where a fact was taken from; typed where nothing stands here */
  sources: Record<string, string>;
  method: string;
  officer2: string;
  police: string;
}

const empty: Draft = { step: 1, plate: "", colour: "", suggestion: "", facts: {}, sources: {}, method: "", officer2: "", police: "" };

export interface StepProps {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
}

export function Entry() {
  const [draft, setDraft, forget] = useDraft<Draft>("test", empty);
  const change = (part: Partial<Draft>) => setDraft((old) => ({ ...old, ...part }));
  const clear = () => {
    const { officer2, police } = draft; // the team stays the same from vehicle to vehicle
    forget();
    setDraft({ ...empty, officer2, police });
  };
  const plateDone = !!kindOf(draft.plate) && !!draft.colour;
  const start = useStart(draft, clear);
  return (
    <div class="entry">
      <header class="entry-head">
        <h1>{t("test.title")}</h1>
        <Steps draft={draft} change={change} plateDone={plateDone} />
        {draft.plate && (
          <Button kind="danger" onClick={clear}>
            {t("test.clear")}
          </Button>
        )}
      </header>
      <Blocked />
      {draft.step === 1 && <PlateStep draft={draft} change={change} />}
      {draft.step === 2 && <VehicleStep draft={draft} change={change} />}
      {draft.step === 3 && <MethodStep draft={draft} change={change} />}
      <footer class="entry-foot">
        {draft.step > 1 && <Button onClick={() => change({ step: draft.step === 3 ? 2 : 1 })}>{t("back")}</Button>}
        {draft.step < 3 ? (
          <Button kind="primary" class="button-big" disabled={!plateDone} onClick={() => change({ step: draft.step === 1 ? 2 : 3 })}>
            {t("next")}
          </Button>
        ) : (
          <StartKey start={start} disabled={!plateDone || !draft.method} />
        )}
      </footer>
      {start.asked && (
        <Differs
          facts={start.asked.split(",")}
          said={start.error instanceof ApiError ? start.error.message : ""}
          correct={() => {
            start.forget();
            change({ step: 2 });
          }}
          confirm={() => void start.send(start.asked)}
        />
      )}
    </div>
  );
}

function Steps({ draft, change, plateDone }: StepProps & { plateDone: boolean }) {
  const names = [t("test.step.plate"), t("test.step.vehicle"), t("test.step.start")];
  return (
    <ol class="steps">
      {names.map((name, i) => (
        <li key={name}>
          <button type="button" aria-current={draft.step === i + 1 ? "step" : undefined} disabled={i > 0 && !plateDone} onClick={() => change({ step: (i + 1) as Draft["step"] })}>
            <b>{i + 1}</b> {name}
          </button>
        </li>
      ))}
      {draft.plate && (
        <li class="steps-plate">
          <Plate text={draft.plate} colour={draft.colour} />
        </li>
      )}
    </ol>
  );
}

/** What would refuse the start, said before anything is entered. */
function Blocked() {
  const lockouts = useStore(status, (s) => s?.status.lockouts);
  const english = document.documentElement.lang === "en";
  const blocking = lockouts?.filter((l) => l.blocks.length > 0) ?? [];
  if (blocking.length === 0) return null;
  return (
    <Notice tone="warn" title={t("test.blocked")}>
      {blocking.map((l) => (
        <p key={`${l.code} ${l.instrument ?? l.plate ?? ""}`}>
          {english ? l.title : l.title_zh}
          {l.instrument && <Plain> {l.instrument}</Plain>} ({l.blocks.map((m) => word("method", m)).join("、")}): {english ? l.clear : l.clear_zh}
        </p>
      ))}
    </Notice>
  );
}

interface Start {
  busy: boolean;
  error: unknown;
  /** facts of which an earlier record says otherwise, "power_kw,stage"; "": none */
  asked: string;
  send: (confirm: string) => Promise<void>;
  forget: () => void;
}

function useStart(draft: Draft, done: () => void): Start {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [asked, setAsked] = useState("");
  const forget = () => {
    setAsked("");
    setError(null);
  };
  const send = async (confirm: string) => {
    if (!session.get()) {
      loginWanted.set(true);
      return;
    }
    setBusy(true);
    forget();
    try {
      const from = lastEventId();
      const answer = await post<{ test: string }>("tests", request(draft, confirm));
      started(answer.test, draft.plate, draft.colour, draft.method, from);
      done();
    } catch (problem) {
      setAsked((problem instanceof ApiError && /--confirm ([a-z_,]+)/.exec(problem.message)?.[1]) || "");
      setError(problem);
    }
    setBusy(false);
  };
  return { busy, error, asked, send, forget };
}

function StartKey({ start, disabled }: { start: Start; disabled: boolean }) {
  const who = useStore(session);
  return (
    <>
      {!start.asked && <Trouble error={start.error} />}
      <Button kind="primary" class="button-big button-start" busy={start.busy} disabled={disabled} onClick={() => void start.send("")}>
        {who ? t("test.start") : t("test.start.login")}
      </Button>
    </>
  );
}

/** An earlier record says otherwise of these facts: the officer looks at the licence, and corrects or confirms. */
function Differs({ facts, said, correct, confirm }: { facts: string[]; said: string; correct: () => void; confirm: () => void }) {
  return (
    <Dialog title={t("test.differs")} onClose={correct}>
      <p>{t("test.differs.why", { facts: facts.map((f) => word("fact", f)).join("、") })}</p>
      <p lang="en" dir="ltr" class="said">
        {said}
      </p>
      <div class="dialog-foot">
        <Button onClick={correct}>{t("test.differs.correct")}</Button>
        <Button kind="primary" onClick={confirm}>
          {t("test.differs.confirm")}
        </Button>
      </div>
    </Dialog>
  );
}

function request(draft: Draft, confirm: string): Record<string, unknown> {
  const facts = Object.entries(draft.facts).filter(([, value]) => value.trim() !== "");
  return {
    plate: draft.plate,
    colour: draft.colour,
    method: draft.method,
    vehicle: Object.fromEntries(facts.map(([key, value]) => [key, value.trim()])),
    ...(draft.officer2 && { officer2: draft.officer2 }),
    ...(draft.police && { police: draft.police }),
    ...(draft.suggestion && { suggestion: draft.suggestion }),
    ...(confirm && { confirm }),
  };
}
