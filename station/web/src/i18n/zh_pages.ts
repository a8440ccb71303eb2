// 遥感、车辆、案件、检验机构、检查表、监督、设置各页的词语
export const zhPages = {} as const;
