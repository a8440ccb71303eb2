// A camera on the tablet's USB port. The picture is the one that the camera driver hands over (ImageCapture), not a drawing of the preview.
import { useEffect, useRef, useState } from "preact/hooks";
import { t, word } from "../../i18n";
import { Button, Choice, Dialog } from "../../ui/basic";
import { Trouble } from "../../ui/words";

interface StillCamera {
  takePhoto(): Promise<Blob>;
}
// in Chromium since 59; TypeScript's tables do not have it
const Still = (window as unknown as { ImageCapture?: new (track: MediaStreamTrack) => StillCamera }).ImageCapture;

/** Is there a camera that the page may ask for a picture? Only on loopback or with TLS: browsers give none else. */
export function useWebcam(): boolean {
  const [there, setThere] = useState(false);
  useEffect(() => {
    if (!Still || !navigator.mediaDevices) return;
    navigator.mediaDevices.enumerateDevices().then((list) => setThere(list.some((d) => d.kind === "videoinput")), () => undefined);
  }, []);
  return there;
}

export function Webcam({ kinds, take, close }: { kinds: string[]; take: (file: File, shows: string) => Promise<void>; close: () => void }) {
  const video = useRef<HTMLVideoElement>(null);
  const [stream, setStream] = useState<MediaStream | null>(null);
  const [shows, setShows] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    let open: MediaStream | null = null;
    let closed = false;
    navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1920 }, height: { ideal: 1080 } } }).then((now) => {
      open = now;
      if (closed) stop(now);
      else setStream(now);
    }, setError);
    return () => {
      closed = true;
      if (open) stop(open);
    };
  }, []);
  useEffect(() => {
    if (video.current) video.current.srcObject = stream;
  }, [stream]);
  const shoot = async () => {
    const track = stream?.getVideoTracks()[0];
    if (!track || !Still) return;
    setBusy(true);
    setError(null);
    try {
      const picture = await new Still(track).takePhoto();
      await take(new File([picture], `${shows}.jpg`, { type: picture.type }), shows);
      close();
    } catch (problem) {
      setError(problem);
    }
    setBusy(false);
  };
  return (
    <Dialog title={t("photos.webcam")} onClose={close}>
      <video ref={video} class="webcam" autoplay muted playsInline />
      <Choice label={t("photos.shows")} value={shows} options={kinds.map((value) => ({ value, text: word("shows", value) }))} onChange={setShows} />
      <Trouble error={error} />
      <Button kind="primary" busy={busy} disabled={!stream || !shows} onClick={() => void shoot()}>
        {t("photos.take")}
      </Button>
    </Dialog>
  );
}

function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
