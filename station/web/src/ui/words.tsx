// How the page says ages, spans of time, numbers and errors.
import { ApiError } from "../api";
import { t, word } from "../i18n";
import { Notice, Plain } from "./basic";

export function age(ms: number): string {
  if (ms < 1000) return t("age.ms", { n: Math.round(ms / 100) * 100 });
  if (ms < 60_000) return t("age.s", { n: Math.floor(ms / 1000) });
  if (ms < 3_600_000) return t("age.min", { n: Math.floor(ms / 60_000) });
  return t("age.h", { n: Math.floor(ms / 3_600_000) });
}

export function span(ms: number): string {
  if (ms < 60_000) return t("span.s", { n: Math.ceil(ms / 1000) });
  if (ms < 3_600_000) return t("span.min", { n: Math.floor(ms / 60_000) });
  return t("span.h", { n: Math.floor(ms / 3_600_000) });
}

export function unit(name: string): string {
  return word("unit", name);
}

/** "2026-11-26T22:37:32.123+08:00" as the station's own clock showed it: no other time zone is ever put over it. */
export function timeOfDay(at: string): string {
  return at.slice(11, 19);
}
export function dayAndTime(at: string): string {
  return at ? `${at.slice(0, 10)} ${at.slice(11, 19)}` : "";
}

function heading(error: ApiError): string {
  switch (error.status) {
    case 0:
      return t("error.none");
    case 400:
      return t("error.wrong");
    case 401:
      return t("error.login");
    case 403:
      return t("error.refused");
    case 404:
      return t("error.absent");
    case 409:
      return t("error.state");
    case 429:
      return t("error.many", { n: error.retryAfterS ?? 60 });
    default:
      return t("error.busy");
  }
}

/** What went wrong, in the page's language, and below it the station's own line. */
export function Trouble({ error }: { error: unknown }) {
  if (!error) return null;
  const known = error instanceof ApiError ? error : new ApiError(0, String(error));
  return (
    <Notice tone="bad" title={heading(known)} live>
      {known.message && (
        <p lang="en" dir="ltr">
          {known.message}
        </p>
      )}
    </Notice>
  );
}

/** A licence plate as it looks: its colour, and the dot after the second place, which is not part of the stored text. */
export function Plate({ text, colour, large }: { text: string; colour: string; large?: boolean }) {
  const shown = text.length > 2 ? `${text.slice(0, 2)}·${text.slice(2)}` : text;
  return (
    <span class={`plate plate-${colour || "unknown"}${large ? " plate-large" : ""}`} title={word("colour", colour)}>
      <Plain>{shown || "—"}</Plain>
    </span>
  );
}
