import type { zhPages } from "./zh_pages";

export const enPages: Record<keyof typeof zhPages, string> = {};
