// The small parts that every page is made of. A state is never told by colour alone: a badge has word, shape and colour.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n";
import { Shape, type Tone } from "./shape";

type ButtonKind = "primary" | "plain" | "danger";

export interface ButtonProps {
  kind?: ButtonKind;
  onClick?: () => void;
  disabled?: boolean;
  /** draws it as working, and takes no click */
  busy?: boolean;
  type?: "button" | "submit";
  label?: string;
  class?: string;
  children?: ComponentChildren;
}

export function Button({ kind = "plain", onClick, disabled, busy, type = "button", label, children, class: more = "" }: ButtonProps) {
  return (
    <button
      type={type}
      class={`button button-${kind} ${more}`}
      disabled={disabled || busy}
      aria-busy={busy ? "true" : undefined}
      aria-label={label}
      onClick={onClick}
    >
      {children}
    </button>
  );
}

/** One large key of a keyboard on the screen. */
export function Key({ children, onPress, disabled, label, wide, chosen }: {
  children: ComponentChildren;
  onPress: () => void;
  disabled?: boolean;
  label?: string;
  wide?: boolean;
  chosen?: boolean;
}) {
  return (
    <button type="button" class={`key${wide ? " key-wide" : ""}`} disabled={disabled} aria-label={label} aria-pressed={chosen} onClick={onPress}>
      {children}
    </button>
  );
}

let fields = 0;
/** A labelled input; `note` says where the value comes from or what is wrong with it. */
export function Field({ label, note, wrong, children, ...input }: { label: ComponentChildren; note?: string; wrong?: string; children?: ComponentChildren } & Omit<
  JSX.HTMLAttributes<HTMLInputElement> & JSX.InputHTMLAttributes<HTMLInputElement>,
  "label" | "id" | "children"
>) {
  const id = useRef(`field-${++fields}`).current;
  const described = wrong || note ? `${id}-note` : undefined;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children ?? <input id={id} aria-describedby={described} aria-invalid={wrong ? "true" : undefined} autocomplete="off" {...input} />}
      {described && (
        <p id={described} class={wrong ? "field-wrong" : "field-note"}>
          {wrong || note}
        </p>
      )}
    </div>
  );
}

/** A choice of few, as large buttons side by side. */
export function Choice<T extends string>({ label, options, value, onChange, note }: {
  label: ComponentChildren;
  options: { value: T; text: ComponentChildren }[];
  value: T | "";
  onChange: (value: T) => void;
  note?: string;
}) {
  return (
    <fieldset class="field choice">
      <legend>{label}</legend>
      <div class="choice-row">
        {options.map((option) => (
          <button key={option.value} type="button" class="choice-option" aria-pressed={option.value === value} onClick={() => onChange(option.value)}>
            {option.text}
          </button>
        ))}
      </div>
      {note && <p class="field-note">{note}</p>}
    </fieldset>
  );
}

/** A state as word, shape and colour. */
export function Badge({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return (
    <span class={`badge tone-${tone}`}>
      <Shape tone={tone} />
      <span>{children}</span>
    </span>
  );
}

/** A message across the page: what is wrong, and what to do. */
export function Notice({ tone, title, children, live }: { tone: Tone; title?: string; children?: ComponentChildren; live?: boolean }) {
  return (
    <div class={`notice tone-${tone}`} role={live ? "alert" : undefined}>
      <Shape tone={tone} />
      <div>
        {title && <strong>{title}</strong>}
        {children && <div>{children}</div>}
      </div>
    </div>
  );
}

export function Panel({ title, aside, children, class: more = "" }: { title?: ComponentChildren; aside?: ComponentChildren; children: ComponentChildren; class?: string }) {
  return (
    <section class={`panel ${more}`}>
      {title && (
        <header class="panel-head">
          <h2>{title}</h2>
          {aside}
        </header>
      )}
      {children}
    </section>
  );
}

/** Text whose direction is its own: plates, numbers, ids. */
export function Plain({ children, class: more }: { children: ComponentChildren; class?: string }) {
  return <bdi class={more}>{children}</bdi>;
}

/** Those that are open; the keys belong to the last one. */
const dialogs: object[] = [];

/** A dialog over the page; Escape and the close button call `onClose`, where it may be closed. */
export function Dialog({ title, onClose, children, class: more = "", covers }: {
  title: string;
  onClose?: () => void;
  children: ComponentChildren;
  class?: string;
  /** nothing of the page is seen behind it: the lock */
  covers?: boolean;
}) {
  const box = useRef<HTMLDivElement>(null);
  const keys = useRef<(event: KeyboardEvent) => void>();
  keys.current = (event) => {
    if (event.key === "Escape" && onClose) onClose();
    if (event.key === "Tab") keepInside(event, box.current);
  };
  useEffect(() => {
    const own = {};
    // of the whole page: what had the focus may be gone from the dialog
    const listen = (event: KeyboardEvent) => {
      if (dialogs[dialogs.length - 1] === own) keys.current?.(event);
    };
    dialogs.push(own);
    document.addEventListener("keydown", listen);
    return () => {
      dialogs.splice(dialogs.indexOf(own), 1);
      document.removeEventListener("keydown", listen);
    };
  }, []);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    const first = box.current?.querySelector<HTMLElement>("[autofocus], input, button, select, textarea");
    first?.focus();
    return () => before?.focus?.();
  }, []);
  return (
    <div class={`dialog-shade${covers ? " dialog-covers" : ""}`}>
      <div ref={box} class={`dialog ${more}`} role="dialog" aria-modal="true" aria-label={title}>
        <header class="dialog-head">
          <h2>{title}</h2>
          {onClose && (
            <Button label={t("close")} onClick={onClose} class="dialog-close">
              ✕
            </Button>
          )}
        </header>
        {children}
      </div>
    </div>
  );
}

function keepInside(event: KeyboardEvent, box: HTMLElement | null): void {
  const stops = [...(box?.querySelectorAll<HTMLElement>("button, input, select, textarea, a[href]") ?? [])].filter((e) => !e.hasAttribute("disabled"));
  const first = stops[0];
  const last = stops[stops.length - 1];
  if (!first || !last) return;
  if (!box?.contains(document.activeElement)) {
    first.focus();
    event.preventDefault();
  } else if (event.shiftKey && document.activeElement === first) {
    last.focus();
    event.preventDefault();
  } else if (!event.shiftKey && document.activeElement === last) {
    first.focus();
    event.preventDefault();
  }
}

export interface Column<T> {
  title: string;
  cell: (row: T) => ComponentChildren;
  /** numbers stand at the far side */
  number?: boolean;
}

export function Table<T>({ columns, rows, rowKey, caption, empty }: {
  columns: Column<T>[];
  rows: T[];
  rowKey: (row: T) => string;
  caption: string;
  empty?: string;
}) {
  if (rows.length === 0) return <p class="empty">{empty ?? t("none")}</p>;
  return (
    <div class="table-scroll" role="region" aria-label={caption} tabIndex={0}>
      <table>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.title} scope="col" class={column.number ? "number" : undefined}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map((column) => (
                <td key={column.title} class={column.number ? "number" : undefined}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
