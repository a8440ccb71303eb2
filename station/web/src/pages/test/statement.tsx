// The driver's words, and the signature or that it was refused. The signature is a drawing of this page, a picture of its own beside the
// camera's; its kind says so.
import { useEffect, useRef, useState } from "preact/hooks";
import { loginWanted, post, session, upload } from "../../api";
import { useDraft } from "../../draft";
import { t } from "../../i18n";
import { Button, Choice, Notice, Panel } from "../../ui/basic";
import { Trouble } from "../../ui/words";

type Signed = "" | "signed" | "refused" | "absent";

export function Statement({ id }: { id: string }) {
  const [draft, setDraft, forget] = useDraft<{ text: string; signed: Signed; saved: boolean }>(`statement-${id}`, { text: "", signed: "", saved: false });
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [drawn, setDrawn] = useState(false);
  const send = async () => {
    if (!session.get()) {
      loginWanted.set(true);
      return;
    }
    setBusy(true);
    setError(null);
    try {
      if (draft.signed === "signed" && canvas.current) {
        const picture = await jpeg(canvas.current);
        await upload(`photos/${id}`, picture, "image/jpeg", { shows: "signature" });
      }
      await post(`tests/${id}/statement`, { signed: draft.signed === "refused" ? "refused" : draft.signed === "signed", text: draft.text.trim() });
      forget();
      setDraft({ text: draft.text, signed: draft.signed, saved: true });
    } catch (problem) {
      setError(problem);
    }
    setBusy(false);
  };
  if (draft.saved)
    return (
      <Panel title={t("statement.title")}>
        <Notice tone="good" title={t(draft.signed === "refused" ? "statement.saved.refused" : "statement.saved")} live />
        {draft.text && <p>{draft.text}</p>}
      </Panel>
    );
  const ready = draft.signed === "signed" ? drawn : draft.signed !== "";
  return (
    <Panel title={t("statement.title")}>
      <div class="field">
        <label for="statement">{t("statement.text")}</label>
        <textarea id="statement" rows={3} maxLength={400} value={draft.text} onInput={(e) => setDraft({ ...draft, text: e.currentTarget.value })} />
        <div class="choice-row presets">
          {[t("statement.agree"), t("statement.object")].map((text) => (
            <button key={text} type="button" class="choice-option" onClick={() => setDraft({ ...draft, text })}>
              {text}
            </button>
          ))}
        </div>
      </div>
      <Choice<Signed>
        label={t("statement.signature")}
        value={draft.signed}
        options={[
          { value: "signed", text: t("statement.signed") },
          { value: "refused", text: t("statement.refused") },
          { value: "absent", text: t("statement.absent") },
        ]}
        onChange={(signed) => setDraft({ ...draft, signed })}
      />
      {draft.signed === "signed" && <Pad canvas={canvas} onDrawn={setDrawn} />}
      <Trouble error={error} />
      <Button kind="primary" busy={busy} disabled={!ready} onClick={() => void send()}>
        {t("statement.save")}
      </Button>
    </Panel>
  );
}

function jpeg(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture of the signature could be made"))), "image/jpeg", 0.92));
}

const PAD = { width: 900, height: 320 };

/** A sheet to sign on, with finger, pen or mouse. */
function Pad({ canvas, onDrawn }: { canvas: { current: HTMLCanvasElement | null }; onDrawn: (drawn: boolean) => void }) {
  const last = useRef<{ x: number; y: number } | null>(null);
  const clear = () => {
    const ctx = canvas.current?.getContext("2d");
    if (!ctx) return;
    ctx.fillStyle = "#fff";
    ctx.fillRect(0, 0, PAD.width, PAD.height);
    onDrawn(false);
  };
  useEffect(clear, []);
  const at = (event: PointerEvent) => {
    const box = (event.currentTarget as HTMLCanvasElement).getBoundingClientRect();
    return { x: ((event.clientX - box.left) * PAD.width) / box.width, y: ((event.clientY - box.top) * PAD.height) / box.height };
  };
  const draw = (event: PointerEvent) => {
    const ctx = canvas.current?.getContext("2d");
    if (!last.current || !ctx) return;
    const now = at(event);
    ctx.strokeStyle = "#000";
    ctx.lineWidth = 5;
    ctx.lineCap = "round";
    ctx.beginPath();
    ctx.moveTo(last.current.x, last.current.y);
    ctx.lineTo(now.x, now.y);
    ctx.stroke();
    last.current = now;
    onDrawn(true);
  };
  return (
    <div class="pad">
      <canvas
        ref={canvas}
        width={PAD.width}
        height={PAD.height}
        aria-label={t("statement.pad")}
        role="img"
        onPointerDown={(event) => {
          (event.currentTarget as HTMLCanvasElement).setPointerCapture(event.pointerId);
          last.current = at(event);
        }}
        onPointerMove={draw}
        onPointerUp={() => {
          last.current = null;
        }}
      />
      <Button onClick={clear}>{t("statement.clear")}</Button>
    </div>
  );
}
