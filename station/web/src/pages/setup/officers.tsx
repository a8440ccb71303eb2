// Who may do what: the register of officers. A number is never taken out of it, since records name it.
import { useState } from "preact/hooks";
import { post, session } from "../../api";
import { useDraft } from "../../draft";
import { t, word } from "../../i18n";
import { useRead } from "../../read";
import { useStore } from "../../store";
import { Answer } from "../../ui/answer";
import { Badge, Button, Choice, Dialog, Field, Notice, Panel, Plain } from "../../ui/basic";
import { Trouble } from "../../ui/words";

interface Registered {
  added_at: string;
  certificate: string;
  disabled_at: string | null;
  enabled: boolean;
  name: string;
  number: string;
  role: string;
}
const ROLES = ["ecology", "police", "technician", "supervisor", "auditor"];
const NEW = { number: "", name: "", role: "ecology", certificate: "" };

export function Officers() {
  const now = useStore(session);
  const officers = useRead<{ officers: Registered[] }>("officers");
  const [adding, setAdding] = useState(false);
  const [pin, setPin] = useState<Registered | null>(null);
  const [disabling, setDisabling] = useState<Registered | null>(null);
  const supervisor = now?.role === "supervisor";
  const done = () => {
    setAdding(false);
    setPin(null);
    setDisabling(null);
    void officers.reload();
  };
  return (
    <Panel
      title={t("setup.officers")}
      aside={
        <Button disabled={!supervisor} onClick={() => setAdding(true)}>
          {t("officers.add")}
        </Button>
      }
    >
      {!supervisor && <p class="small">{t("officers.who")}</p>}
      <Answer of={officers}>
        {({ officers: list }) =>
          list.length === 0 ? (
            <Notice tone="warn" title={t("officers.none")} />
          ) : (
            <ol class="rows">
              {list.map((o) => (
                <li key={o.number} class="row officer-row">
                  <span>
                    <b>
                      <Plain>{o.number}</Plain>
                    </b>
                    <small>{o.name}</small>
                  </span>
                  <span>
                    {word("role", o.role)}
                    {o.certificate && (
                      <small>
                        <Plain>{o.certificate}</Plain>
                      </small>
                    )}
                  </span>
                  <Badge tone={o.enabled ? "good" : "off"}>{o.enabled ? t("officers.enabled") : t("officers.disabled")}</Badge>
                  <span class="button-row">
                    <Button disabled={!o.enabled || (!supervisor && now?.officer !== o.number)} onClick={() => setPin(o)}>
                      {t("officers.pin")}
                    </Button>
                    <Button kind="danger" disabled={!o.enabled || !supervisor || now?.officer === o.number} onClick={() => setDisabling(o)}>
                      {t("officers.disable")}
                    </Button>
                  </span>
                </li>
              ))}
            </ol>
          )
        }
      </Answer>
      {adding && <Add onClose={() => setAdding(false)} onDone={done} />}
      {pin && <Pin officer={pin} onClose={() => setPin(null)} onDone={done} />}
      {disabling && <Disable officer={disabling} onClose={() => setDisabling(null)} onDone={done} />}
    </Panel>
  );
}

/** Sends once; what goes wrong is kept to be shown. */
function useSend(onDone: () => void): { busy: boolean; error: unknown; send: (path: string, body: unknown) => Promise<void> } {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const send = async (path: string, body: unknown) => {
    setBusy(true);
    setError(undefined);
    try {
      await post(path, body);
      onDone();
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  return { busy, error, send };
}

interface DialogProps {
  onClose: () => void;
  onDone: () => void;
}

function Add({ onClose, onDone }: DialogProps) {
  const [fields, setFields, forget] = useDraft("officer", NEW);
  const { busy, error, send } = useSend(() => {
    forget();
    onDone();
  });
  const set = (key: keyof typeof NEW) => (value: string) => setFields((old) => ({ ...old, [key]: value }));
  return (
    <Dialog title={t("officers.add")} onClose={onClose}>
      <Field label={t("login.officer")} value={fields.number} autocapitalize="characters" maxLength={31} onInput={(e) => set("number")(e.currentTarget.value)} />
      <Field label={t("officers.name")} value={fields.name} maxLength={60} onInput={(e) => set("name")(e.currentTarget.value)} />
      <Choice label={t("officers.role")} value={fields.role} options={ROLES.map((value) => ({ value, text: word("role", value) }))} onChange={set("role")} />
      <Field label={t("officers.certificate")} value={fields.certificate} note={t("officers.certificate.note")} maxLength={60} onInput={(e) => set("certificate")(e.currentTarget.value)} />
      <Trouble error={error} />
      <div class="dialog-foot">
        <Button onClick={onClose}>{t("cancel")}</Button>
        <Button kind="primary" busy={busy} disabled={!fields.number.trim() || !fields.name.trim()} onClick={() => void send("officers", { ...fields, certificate: fields.certificate || undefined })}>
          {t("officers.add")}
        </Button>
      </div>
    </Dialog>
  );
}

function Pin({ officer, onClose, onDone }: { officer: Registered } & DialogProps) {
  const [pin, setPin] = useState("");
  const [again, setAgain] = useState("");
  const { busy, error, send } = useSend(onDone);
  return (
    <Dialog title={`${t("officers.pin")} · ${officer.number}`} onClose={onClose}>
      <Field label={t("officers.pin.new")} type="password" inputmode="numeric" autocomplete="new-password" value={pin} note={t("officers.pin.note")} onInput={(e) => setPin(e.currentTarget.value)} />
      <Field
        label={t("officers.pin.again")}
        type="password"
        inputmode="numeric"
        autocomplete="new-password"
        value={again}
        wrong={again && again !== pin ? t("officers.pin.differ") : undefined}
        onInput={(e) => setAgain(e.currentTarget.value)}
      />
      <Trouble error={error} />
      <div class="dialog-foot">
        <Button onClick={onClose}>{t("cancel")}</Button>
        <Button kind="primary" busy={busy} disabled={!pin || pin !== again} onClick={() => void send(`officers/${officer.number}/pin`, { pin })}>
          {t("ok")}
        </Button>
      </div>
    </Dialog>
  );
}

function Disable({ officer, onClose, onDone }: { officer: Registered } & DialogProps) {
  const { busy, error, send } = useSend(onDone);
  return (
    <Dialog title={`${t("officers.disable")} · ${officer.number}`} onClose={onClose}>
      <p>
        {officer.name} · {word("role", officer.role)}. {t("officers.disable.means")}
      </p>
      <Trouble error={error} />
      <div class="dialog-foot">
        <Button onClick={onClose}>{t("cancel")}</Button>
        <Button kind="danger" busy={busy} onClick={() => void send(`officers/${officer.number}/disable`, {})}>
          {t("officers.disable")}
        </Button>
      </div>
    </Dialog>
  );
}
