// Addresses of the page: "#/cases/652301-0007-C000001" is the page "cases" with that argument.
import { Store } from "./store";

export interface Place {
  page: string;
  /** what follows the page's name, decoded; "": nothing */
  argument: string;
}

function read(): Place {
  const [page = "", ...rest] = location.hash.replace(/^#\/?/, "").split("/");
  let argument = rest.join("/");
  try {
    argument = decodeURIComponent(argument);
  } catch {
    // a broken address shows what stands there
  }
  return { page, argument };
}

export const place = new Store<Place>(read());
addEventListener("hashchange", () => place.set(read()));

export function href(page: string, argument = ""): string {
  return `#/${page}${argument ? `/${encodeURIComponent(argument)}` : ""}`;
}

export function go(page: string, argument = ""): void {
  location.hash = href(page, argument);
}
