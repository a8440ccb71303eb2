// What can be measured of how a page looks; each function runs inside the page and names what is wrong.

/** Things that reach beyond the page's width: somebody would have to scroll sideways. What scrolls by itself may be wide. */
export function wide() {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const inScroller = (e) => e.closest(".table-scroll, pre, .menu");
  return [...document.querySelectorAll("body *")]
    .filter((e) => !inScroller(e) && e.getBoundingClientRect().width > 0 && (e.getBoundingClientRect().right > width + 1 || e.getBoundingClientRect().left < -1))
    .filter((e) => getComputedStyle(e).position !== "absolute" && getComputedStyle(e).position !== "fixed")
    .map((e) => `${e.tagName} ${e.className} ${e.textContent.slice(0, 40)}`)
    .slice(-6)
    .concat(`page ${document.documentElement.scrollWidth} > ${width}`);
}

/** What is pressed and lies over something else that is pressed. */
export function crossing() {
  const all = [...document.querySelectorAll("main a, main button, main input, main select, main summary")].filter((e) => e.getClientRects().length);
  const found = [];
  all.forEach((a, i) =>
    all.slice(i + 1).forEach((b) => {
      if (a.contains(b) || b.contains(a)) return;
      const p = a.getBoundingClientRect();
      const q = b.getBoundingClientRect();
      if (Math.min(p.right, q.right) - Math.max(p.left, q.left) > 2 && Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > 2)
        found.push(`${a.textContent.slice(0, 30)} × ${b.textContent.slice(0, 30)}`);
    }),
  );
  return found;
}

/** Primary targets below `least` pixels; links within text and what unfolds a table are no primary ones. */
export function small(least) {
  return [...document.querySelectorAll("main .button, main .key, main .tab, main .choice-option, main a.row, main .passing-open, main input, main select, .menu a")]
    .filter((e) => e.getClientRects().length)
    .map((e) => ({ e, box: e.getBoundingClientRect() }))
    .filter(({ box }) => box.width < least - 0.5 || box.height < least - 0.5)
    .map(({ e, box }) => `${e.textContent.slice(0, 30)} ${box.width.toFixed(0)} × ${box.height.toFixed(0)}`);
}

/** Texts whose contrast is below `least` to 1 (WCAG 2, relative luminance), each pair of colours once. */
export function contrasts(least) {
  const parse = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const light = (c) => {
    const [r, g, b] = c.slice(0, 3).map((v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const groundOf = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const style = getComputedStyle(e);
      if (style.backgroundImage !== "none") return null; // a plate's own two colours
      const ground = parse(style.backgroundColor);
      if (ground.length === 3 || ground[3] === 1) return ground;
    }
    return [255, 255, 255];
  };
  const found = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element.getClientRects().length || element.closest("script, noscript, option, .unseen")) continue;
    const ground = groundOf(element);
    if (!ground) continue;
    const text = parse(getComputedStyle(element).color);
    const [a, b] = [light(text), light(ground)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < least) found.set(`${text} on ${ground}`, `${ratio.toFixed(2)}: ${text} on ${ground}: ${walker.currentNode.textContent.trim().slice(0, 30)}`);
  }
  return [...found.values()];
}
