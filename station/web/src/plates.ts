// Which keys a plate can go on with, and which colours its kind may have: the same rules as station/core/plate.c, so that a wrong plate can
// hardly be typed. What is right is decided by the station alone.

export const provinces = [..."京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"];
const digits = [..."0123456789"];
const letters = [..."ABCDEFGHJKLMNPQRSTUVWXYZ"];
const serial = [...digits, ...letters];
const newEnergy = [..."ABCDEFGHJK"];
const military = [..."VKHBSLJNGCE"];
const militarySecond = [..."ABCDJKLMNOPRSTVY"];
const lastPlaces = [..."挂学警港澳使领"];

export type Colour = "blue" | "yellow" | "black" | "white" | "green" | "yellow-green" | "other";
const ordinaryColours: Colour[] = ["blue", "yellow", "black", "white", "other"];

export interface PlateKind {
  name: "ordinary" | "nev-small" | "nev-large" | "trailer" | "special";
  colours: Colour[];
}

/** The places of a plate: 应急 takes two. */
export function places(text: string): string[] {
  return [...text];
}

export const keyboard = { digits, letters: [..."ABCDEFGHJKLMNOPQRSTUVWXYZ"], lastPlaces: [...lastPlaces, "应急"], first: ["WJ", ...military, ...digits] };

/** The keys that may come next; empty: the plate is full. */
export function nextKeys(text: string): Set<string> {
  const p = places(text);
  if (p.length === 0) return new Set([...provinces, ...keyboard.first]);
  if (p[0] === "W" && p[1] === "J") return wj(p);
  if (/^\d*$/.test(text)) return new Set(p.length < 6 ? digits : p.length === 6 ? ["使"] : []);
  if (!provinces.includes(p[0] ?? "")) return new Set(p.length === 1 ? militarySecond : p.length < 7 ? digits : []);
  if (p.length === 1) return new Set([...letters, "O", ...digits]); // digits: consulates (…领)
  if (p.length < 6) return new Set(serial);
  if (p.length === 6) return new Set([...serial, ...lastPlaces, ...(p[1] === "X" || p[1] === "S" ? ["应急"] : [])]);
  if (p.length === 7 && newEnergySoFar(p)) return new Set(newEnergySmall(p) ? digits : newEnergy);
  return new Set();
}

function wj(p: string[]): Set<string> {
  const from = provinces.includes(p[2] ?? "") ? 3 : 2;
  if (p.length === 2) return new Set([...provinces, ...digits]);
  if (p.length < from + 4) return new Set(digits);
  return new Set(p.length === from + 4 ? [...digits, ..."TDSHBXJ"] : []);
}

function newEnergySmall(p: string[]): boolean {
  return newEnergy.includes(p[2] ?? "") && serial.includes(p[3] ?? "") && /^\d+$/.test(p.slice(4, 7).join(""));
}
function newEnergySoFar(p: string[]): boolean {
  return newEnergySmall(p) || /^\d{5}$/.test(p.slice(2, 7).join(""));
}

/** The kind of a whole plate; null: it is not whole. */
export function kindOf(text: string): PlateKind | null {
  const p = places(text);
  const last = p[p.length - 1] ?? "";
  if (text.endsWith("应急")) return p.length === 8 ? { name: "special", colours: ["white"] } : null;
  if (text.startsWith("WJ")) return wj(p).size === 0 ? { name: "special", colours: ["white"] } : null;
  if (p.length === 8) return newEnergySmall(p) ? { name: "nev-small", colours: ["green"] } : { name: "nev-large", colours: ["yellow-green"] };
  if (p.length !== 7) return null;
  if (last === "挂") return { name: "trailer", colours: ["yellow"] };
  if (last === "学") return { name: "special", colours: ["yellow"] };
  if (last === "警") return { name: "special", colours: ["white"] };
  if (lastPlaces.includes(last)) return { name: "special", colours: ["black"] };
  if (!provinces.includes(p[0] ?? "")) return { name: "special", colours: ["white"] };
  return { name: "ordinary", colours: ordinaryColours };
}

/** One more key; a colour that the kind leaves no choice about is set by who calls. */
export function takeKey(text: string, key: string): string {
  return nextKeys(text).has(key) ? text + key : text;
}

/** What was typed on a keyboard or pasted, as far as it can be a plate. */
export function takeText(text: string): string {
  let plate = "";
  for (const key of places(text.toUpperCase().replace(/[\s·•.\-]/g, ""))) {
    const joined = plate === "" && key === "W" ? "WJ" : key;
    if (plate === "WJ" && key === "J") continue;
    if (key === "应") plate = takeKey(plate, "应急");
    else if (key !== "急") plate = takeKey(plate, joined);
  }
  return plate;
}
