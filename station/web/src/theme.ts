import { Store } from "./store";

/** "sunlight" has contrasts of 7 to 1 and more on white; "night" does not blind who looks up at the road. */
export type Theme = "sunlight" | "night";
const STORED = "theme";

function stored(): Theme {
  try {
    return localStorage.getItem(STORED) === "night" ? "night" : "sunlight";
  } catch {
    return "sunlight";
  }
}

export const theme = new Store<Theme>(stored());

export function applyTheme(): void {
  document.documentElement.dataset.theme = theme.get();
}

export function setTheme(name: Theme): void {
  try {
    localStorage.setItem(STORED, name);
  } catch {
    // it holds until the page is closed
  }
  theme.set(name);
  applyTheme();
}
