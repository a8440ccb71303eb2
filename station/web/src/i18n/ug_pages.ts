// As ug.ts: a skeleton that no reader of the language has checked.
import type { zhPages } from "./zh_pages";

export const ugPages: Partial<Record<keyof typeof zhPages, string>> = {
  "answer.passed": "لاياقەتلىك",
  "answer.failed": "لاياقەتسىز",
  "roster.passed": "لاياقەتلىك",
  "roster.failed": "لاياقەتسىز",
  instrument: "ئەسۋاب",
  "setup.instruments": "ئەسۋابلار",
  "setup.officers": "خادىملار",
  "setup.rules": "قائىدە",
  "vehicle.plate": "ماشىنا نومۇرى",
  "vehicle.search": "ئىزدەش",
};
