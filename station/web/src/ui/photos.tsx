// Pictures of a case: small ones side by side, one large on a touch. They are the originals, byte for byte.
import { useState } from "preact/hooks";
import { url } from "../api";
import { t, word } from "../i18n";
import type { Photo } from "../types_pages";
import { Badge, Dialog, Plain } from "./basic";

export function Photos({ photos, newerThan }: { photos: Photo[]; newerThan?: number }) {
  const [large, setLarge] = useState<Photo | null>(null);
  if (photos.length === 0) return <p class="empty">{t("photos.none")}</p>;
  return (
    <>
      <ul class="photos">
        {photos.map((photo) => (
          <li key={photo.sha256}>
            <button type="button" onClick={() => setLarge(photo)}>
              <img src={url(`objects/${photo.sha256}`)} alt={word("shows", photo.shows)} loading="lazy" />
              <span>{word("shows", photo.shows)}</span>
              {newerThan !== undefined && photo.event > newerThan && <Badge tone="warn">{t("photos.new")}</Badge>}
            </button>
          </li>
        ))}
      </ul>
      {large && (
        <Dialog title={word("shows", large.shows)} onClose={() => setLarge(null)} class="dialog-wide">
          <img class="photo-large" src={url(`objects/${large.sha256}`)} alt={word("shows", large.shows)} />
          <p class="small">
            <Plain>
              {large.width} × {large.height}
            </Plain>{" "}
            · {t("photos.by")} <Plain>{large.officer || "—"}</Plain> · {t("photos.taken")} <Plain>{large.taken || t("photos.notaken")}</Plain>
          </p>
          <p class="small mono">
            SHA-256 <Plain>{large.sha256}</Plain>
          </p>
        </Dialog>
      )}
    </>
  );
}
