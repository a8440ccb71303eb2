// The pages, in the order of the menu. A new page is one file under pages/ and one line here; `menu: false` keeps it out of the menu.
import type { ComponentType } from "preact";
import type { Key } from "./i18n";
import { Cases } from "./pages/cases";
import { Checklist } from "./pages/checklist";
import { Depot } from "./pages/depot";
import { Now } from "./pages/now";
import { Test } from "./pages/test";
import { Setup } from "./pages/setup";
import { Supervisor } from "./pages/supervisor";
import { Vehicle } from "./pages/vehicle";
import { Wall } from "./pages/wall";

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
  { page: "wall", title: "nav.wall", icon: "M3 17h18M6 17v-4l2-4h8l2 4v4M8 5a6 6 0 0 1 8 0M12 9v0", show: Wall },
  { page: "vehicle", title: "nav.vehicle", icon: "M10 4a6 6 0 1 0 0 12a6 6 0 1 0 0-12M15 15l6 6", show: Vehicle },
  { page: "cases", title: "nav.cases", icon: "M4 7h6l2 3h8v10H4zM9 15l2 2l4-4", show: Cases },
  { page: "depot", title: "nav.depot", icon: "M3 20V9l9-5l9 5v11M8 20v-7h8v7M8 16h8", show: Depot },
  { page: "checklist", title: "nav.checklist", icon: "M4 6l1.5 1.5L8 5M4 12l1.5 1.5L8 11M4 18l1.5 1.5L8 17M12 6h8M12 12h8M12 18h8", show: Checklist },
  { page: "supervisor", title: "nav.supervisor", icon: "M2 12s4-7 10-7s10 7 10 7s-4 7-10 7S2 12 2 12zM12 9a3 3 0 1 0 0 6a3 3 0 1 0 0-6", show: Supervisor },
  { page: "setup", title: "nav.setup", icon: "M4 7h9M17 7h3M4 17h3M11 17h9M15 5v4M9 15v4", show: Setup },
];
