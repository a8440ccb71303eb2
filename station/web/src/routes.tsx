// The pages, in the order of the menu. A new page is one file under pages/ and one line here; `menu: false` keeps it out of the menu.
import type { ComponentType } from "preact";
import type { Key } from "./i18n";
import { Now } from "./pages/now";
import { Test } from "./pages/test";

export interface PageProps {
  /** what follows the page's name in the address: "#/cases/ID" */
  argument: string;
}

export interface Route {
  page: string;
  title: Key;
  /** a path in a box of 24 by 24 */
  icon: string;
  show: ComponentType<PageProps>;
  menu?: boolean;
}

export const routes: Route[] = [
  { page: "now", title: "nav.now", icon: "M3 13h4l3-8l4 14l3-8h4", show: Now },
  { page: "test", title: "nav.test", icon: "M4 19a9 9 0 1 1 16 0M12 13l4-6M12 15a2 2 0 1 0 0-4a2 2 0 0 0 0 4", show: Test },
];
