// A beginning of the Uyghur table, which no reader of the language has checked: what is missing is shown in Chinese.
import type { zh } from "./zh";

export const ug: Partial<Record<keyof typeof zh, string>> = {
  lang: "ug",
  dir: "rtl",
  name: "ئۇيغۇرچە",
  ok: "جەزىملەش",
  cancel: "بىكار قىلىش",
  back: "قايتىش",
  "frame.language": "تىل",
  "frame.login": "كىرىش",
  "frame.logout": "چىقىش",
  "nav.vehicle": "ماشىنا",
  "verdict.pass": "لاياقەتلىك",
  "verdict.fail": "لاياقەتسىز",
};
