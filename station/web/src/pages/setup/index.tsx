// Setting up and looking after the station: instruments and their checks, what stands behind a port, officers, law, receivers, journal.
import { t, useLanguage } from "../../i18n";
import { go } from "../../router";
import type { PageProps } from "../../routes";
import { Tabs } from "../../ui/answer";
import { Instruments } from "./instruments";
import { Journal } from "./journal";
import { Officers } from "./officers";
import { Outlets } from "./outlets";
import { Probe } from "./probe";
import { Rules } from "./rules";

const parts = { instruments: Instruments, probe: Probe, officers: Officers, rules: Rules, outlets: Outlets, journal: Journal };
type Part = keyof typeof parts;

export function Setup({ argument }: PageProps) {
  useLanguage();
  const part = argument in parts ? (argument as Part) : "instruments";
  const Shown = parts[part];
  return (
    <>
      <div class="page-head">
        <h1>{t("nav.setup")}</h1>
        <Tabs label={t("nav.setup")} now={part} onChange={(name) => go("setup", name)} tabs={(Object.keys(parts) as Part[]).map((name) => ({ name, text: t(`setup.${name}`) }))} />
      </div>
      <Shown />
    </>
  );
}
