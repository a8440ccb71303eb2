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
  "nav.now": "نەق مەيدان",
  "nav.test": "تەكشۈرۈش",
  "nav.wall": "يىراقتىن ئۆلچەش",
  "nav.vehicle": "ماشىنا",
  "nav.cases": "دېلو",
  "nav.depot": "ماشىنا مەيدانى",
  "nav.checklist": "تەكشۈرۈش جەدۋىلى",
  "nav.supervisor": "نازارەت",
  "nav.setup": "تەڭشەك",
  "verdict.pass": "لاياقەتلىك",
  "verdict.fail": "لاياقەتسىز",
  "verdict.suspect": "گۇمانلىق",
  "verdict.invalid": "ئىناۋەتسىز",
  "verdict.aborted": "توختىتىلغان",
  "verdict.void": "كۈچىدىن قالغان",
};
