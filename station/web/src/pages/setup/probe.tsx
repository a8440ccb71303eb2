// What stands behind the serial ports, and the lines for the configuration that make it an instrument.
import { useState } from "preact/hooks";
import { get, session } from "../../api";
import { t } from "../../i18n";
import { useStore } from "../../store";
import { Badge, Button, Notice, Panel, Plain } from "../../ui/basic";
import { Trouble } from "../../ui/words";

interface Port {
  answers: { asked: boolean; configuration: string; driver: string; firmware: string; kind: string; line: string; model: string; option: string; profile: string; serial: string; title: string }[];
  "by-id": string;
  description: string;
  device: string;
  "held-by": string;
  note: string;
  path: string;
  problem: string;
  serial: string;
  usb: string;
}

const PROBE_MAX_MS = 150_000;

export function Probe() {
  const role = useStore(session, (s) => s?.role);
  const [ports, setPorts] = useState<Port[] | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const look = async () => {
    setBusy(true);
    setError(undefined);
    try {
      setPorts((await get<{ ports: Port[] }>("probe", {}, PROBE_MAX_MS)).ports);
    } catch (problem) {
      setError(problem);
    }
    setBusy(false);
  };
  return (
    <>
      <Panel title={t("probe.title")}>
        <p>{t("probe.what")}</p>
        {!role && <Notice tone="info" title={t("acts.login")} />}
        <Button kind="primary" class="button-big" busy={busy} onClick={() => void look()}>
          {busy ? t("probe.busy") : t("probe.start")}
        </Button>
        <Trouble error={error} />
      </Panel>
      {ports?.length === 0 && <p class="empty empty-large">{t("probe.none")}</p>}
      {ports?.map((port) => (
        <Panel
          key={port.path}
          title={<Plain>{port.device}</Plain>}
          aside={<Badge tone={port.answers.length ? "good" : port.problem ? "warn" : "off"}>{port.answers.length ? t("probe.answers", { n: port.answers.length }) : t("probe.silent")}</Badge>}
        >
          <p class="small">
            <Plain>{[port.description, port.usb, port.path].filter(Boolean).join(" · ")}</Plain>
          </p>
          {(port.problem || port.note) && (
            <p lang="en" dir="ltr">
              {port.problem || port.note}
            </p>
          )}
          {port.answers.map((a) => (
            <div key={`${a.driver} ${a.profile} ${a.line}`}>
              <p>
                <b>{a.title || a.driver}</b> <Plain>{[a.model, a.firmware, a.serial].filter(Boolean).join(" · ")}</Plain>
              </p>
              <p>{t("probe.write")}</p>
              <pre dir="ltr" tabIndex={0}>
                {a.configuration}
              </pre>
            </div>
          ))}
        </Panel>
      ))}
    </>
  );
}
