// The second officer on the same tablet: number and PIN of somebody else, good for five minutes.
import { session } from "../api";
import { t } from "../i18n";
import { addSecond } from "../session";
import { Dialog } from "../ui/basic";
import { PinPad } from "../ui/pinpad";

export function SecondOfficer({ onClose, onDone }: { onClose: () => void; onDone?: () => void }) {
  return (
    <Dialog title={t("second.title")} onClose={onClose} class="login">
      <p>{t("second.why")}</p>
      <PinPad
        text={t("second.enter")}
        not={session.get()?.officer ?? ""}
        enter={async (officer, pin) => {
          await addSecond(officer, pin);
          onClose();
          onDone?.();
        }}
      />
    </Dialog>
  );
}
