// Officer number and PIN, with keys large enough for gloves. The PIN is never shown, stored or kept in a draft.
import { useState } from "preact/hooks";
import { t } from "../i18n";
import { remembered } from "../session";
import { Button, Field, Key, Plain } from "./basic";
import { Trouble } from "./words";

const PIN_MAX = 12;

export function PinPad({ enter, text, not }: {
  /** sends both; what it throws is shown */
  enter: (officer: string, pin: string) => Promise<void>;
  /** of the button */
  text: string;
  /** an officer who is not offered: the first one, where a second one is asked */
  not?: string;
}) {
  const recent = remembered().filter((number) => number !== not);
  const [officer, setOfficer] = useState(not === undefined ? (recent[0] ?? "") : "");
  const [pin, setPin] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const add = (digit: string) => setPin((now) => (now.length < PIN_MAX ? now + digit : now));
  const send = async () => {
    if (!officer || !pin || busy) return;
    setBusy(true);
    setError(null);
    try {
      await enter(officer.trim(), pin);
    } catch (problem) {
      setError(problem);
    }
    setPin("");
    setBusy(false);
  };
  return (
    <form
      class="pinpad"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <div class="pinpad-who">
        <Field label={t("login.officer")} name="officer" value={officer} autocapitalize="characters" spellcheck={false} onInput={(e) => setOfficer(e.currentTarget.value)} />
        {recent.length > 0 && (
          <div class="pinpad-recent" role="group" aria-label={t("login.recent")}>
            {recent.map((number) => (
              <button key={number} type="button" class="choice-option" aria-pressed={number === officer} onClick={() => setOfficer(number)}>
                <Plain>{number}</Plain>
              </button>
            ))}
          </div>
        )}
        <Field
          label={t("login.pin")}
          name="pin"
          type="password"
          inputmode="none"
          value={pin}
          maxLength={PIN_MAX}
          note={t("login.digits", { n: pin.length })}
          onInput={(e) => setPin(e.currentTarget.value)}
        />
        <Trouble error={error} />
      </div>
      <div class="pinpad-keys" dir="ltr">
        {["1", "2", "3", "4", "5", "6", "7", "8", "9"].map((digit) => (
          <Key key={digit} onPress={() => add(digit)}>
            {digit}
          </Key>
        ))}
        <Key label={t("delete")} onPress={() => setPin((now) => now.slice(0, -1))}>
          ⌫
        </Key>
        <Key onPress={() => add("0")}>0</Key>
        <Button kind="primary" type="submit" class="key" busy={busy} disabled={!officer || !pin}>
          {text}
        </Button>
      </div>
    </form>
  );
}
