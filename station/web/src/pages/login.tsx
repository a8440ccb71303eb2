// Login, and the lock when nobody has touched the tablet: it lies over the page, whose drafts stay.
import { loginWanted } from "../api";
import { t } from "../i18n";
import { go, place } from "../router";
import { login } from "../session";
import { Button, Dialog } from "../ui/basic";
import { PinPad } from "../ui/pinpad";

export function Login() {
  const leave = () => {
    loginWanted.set(false);
    if (place.get().page === "login") go("now");
  };
  return (
    <Dialog title={t("login.title")} class="login" covers>
      <p>{t("login.why")}</p>
      <PinPad
        text={t("login.enter")}
        enter={async (officer, pin) => {
          await login(officer, pin);
          leave();
        }}
      />
      <Button onClick={leave}>{t("login.later")}</Button>
    </Dialog>
  );
}
