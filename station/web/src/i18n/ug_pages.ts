import type { zhPages } from "./zh_pages";

export const ugPages: Partial<Record<keyof typeof zhPages, string>> = {};
