// Pictures of a test: taken with the tablet's camera and sent exactly as the camera made them. A picture that cannot be sent now waits here
// and is sent when somebody presses "again"; it is never drawn anew, since that would be another picture.
import { useEffect, useState } from "preact/hooks";
import { get, loginWanted, session, upload, url } from "../../api";
import { t, word } from "../../i18n";
import { Badge, Button, Notice, Panel, Plain } from "../../ui/basic";
import { Trouble } from "../../ui/words";

const kinds = ["front", "rear", "plate", "exhaust", "pedal", "instrument", "licence", "vin", "odometer", "other"];

interface Photo {
  name: string;
  sha256: string;
  shows: string;
  size: number;
  width: number;
  height: number;
}

interface Waiting {
  file: File;
  shows: string;
  error: unknown;
}

export function Photos({ id, onNames }: { id: string; onNames?: (names: string[]) => void }) {
  const [photos, setPhotos] = useState<Photo[]>([]);
  const [missing, setMissing] = useState<string[]>([]);
  const [waiting, setWaiting] = useState<Waiting[]>([]);
  const [busy, setBusy] = useState(false);
  const read = () =>
    void get<{ photos: Photo[] }>(`photos/${id}`).then((a) => {
      setPhotos(a.photos);
      onNames?.(a.photos.map((p) => p.name));
    }, () => undefined);
  useEffect(read, [id]);
  const send = async (file: File, shows: string) => {
    setBusy(true);
    try {
      const answer = await upload<{ missing: string[] }>(`photos/${id}`, file, file.type || "image/jpeg", { shows });
      setMissing(answer.missing);
      setWaiting((list) => list.filter((w) => w.file !== file));
    } catch (error) {
      setWaiting((list) => [...list.filter((w) => w.file !== file), { file, shows, error }]);
    }
    setBusy(false);
    read();
  };
  const pictures = photos.filter((p) => p.shows !== "signature");
  return (
    <Panel title={t("photos.title")} aside={<Plain>{pictures.length}</Plain>}>
      <div class="photo-kinds">
        {kinds.map((shows) => (
          <Take key={shows} shows={shows} count={pictures.filter((p) => p.shows === shows).length} busy={busy} take={(file) => void send(file, shows)} />
        ))}
      </div>
      {missing.length > 0 && (
        <Notice tone="warn" title={t("photos.missing")}>
          {missing.map((text) => (
            <p key={text} lang="en" dir="ltr">
              {text}
            </p>
          ))}
        </Notice>
      )}
      {waiting.map((w) => (
        <div key={w.file.name + w.shows} class="photo-waiting">
          <Trouble error={w.error} />
          <Badge tone="warn">
            {t("photos.waiting")} {word("shows", w.shows)}
          </Badge>
          <Button busy={busy} onClick={() => void send(w.file, w.shows)}>
            {t("retry")}
          </Button>
        </div>
      ))}
      <ul class="photo-list">
        {pictures.map((p) => (
          <li key={p.sha256}>
            <a href={url(`objects/${p.sha256}`)} target="_blank" rel="noopener">
              <img src={url(`objects/${p.sha256}`)} alt={word("shows", p.shows)} loading="lazy" />
            </a>
            <span>
              {word("shows", p.shows)} <Plain>{`${p.width}×${p.height}`}</Plain>
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Take({ shows, count, busy, take }: { shows: string; count: number; busy: boolean; take: (file: File) => void }) {
  const open = (event: MouseEvent) => {
    if (session.get()) return;
    event.preventDefault();
    loginWanted.set(true);
  };
  return (
    <label class={`photo-take${count ? " photo-taken" : ""}`} onClick={open}>
      <input
        class="unseen"
        type="file"
        accept="image/jpeg"
        capture="environment"
        data-shows={shows}
        disabled={busy}
        onChange={(e) => {
          const file = e.currentTarget.files?.[0];
          e.currentTarget.value = "";
          if (file) take(file);
        }}
      />
      <span>{word("shows", shows)}</span>
      <small>{count ? t("photos.count", { n: count }) : t("photos.take")}</small>
    </label>
  );
}
