// Words of the page. A key stands in every table: zh is the reference, en must have all of its keys (the compiler sees to it), ug is a
// beginning whose missing words are shown in Chinese. One more language is one more table here.
import { Store, useStore } from "../store";
import { en } from "./en";
import { enPages } from "./en_pages";
import { ug } from "./ug";
import { ugPages } from "./ug_pages";
import { zh } from "./zh";
import { zhPages } from "./zh_pages";

const reference = { ...zh, ...zhPages };
export type Key = keyof typeof reference;
type Table = Partial<Record<Key, string>>;

export type Language = "zh" | "en" | "ug";
const tables: Record<Language, Table> = { zh: reference, en: { ...en, ...enPages }, ug: { ...ug, ...ugPages } };
export const languages: Language[] = ["zh", "en", "ug"];

const STORED = "language";

function stored(): Language {
  try {
    const name = localStorage.getItem(STORED) as Language | null;
    return name && languages.includes(name) ? name : "zh";
  } catch {
    return "zh";
  }
}

export const language = new Store<Language>(stored());

export function setLanguage(name: Language): void {
  try {
    localStorage.setItem(STORED, name);
  } catch {
    // it holds until the page is closed
  }
  language.set(name);
  applyLanguage();
}

/** Direction and language of the document, from the table. */
export function applyLanguage(): void {
  document.documentElement.lang = t("lang");
  document.documentElement.dir = t("dir");
  document.title = t("title");
}

/** The word for `key`, with {name} replaced by the parameter of that name. */
export function t(key: Key, params?: Record<string, string | number>): string {
  const text = tables[language.get()][key] ?? reference[key];
  return params ? text.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole)) : text;
}

/** The word for a name that came from the station ("verdict." + "pass"); the name itself where the table has none. */
export function word(group: string, name: string): string {
  const key = `${group}.${name}`;
  return key in reference ? t(key as Key) : name;
}

/** To be called by whatever shows words: draws it again in another language. */
export function useLanguage(): Language {
  return useStore(language);
}
