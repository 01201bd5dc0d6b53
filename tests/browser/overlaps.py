"""Text that lies over other text, as a page's own script finds it."""

# Every line of text as it is painted, without what a scroller or a fold cuts off; then pairs that share more than a
# quarter of a line's height. Formulas set their signs closer than that on purpose.
OVERLAPS = """() => {
  const cuts = new Map([[null, [-1e6, -1e6, 1e6, 1e6]]]);
  const meet = (a, b) => [Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])];
  const box = (rect) => [rect.left, rect.top, rect.right, rect.bottom];
  const cut = (el) => {
    if (!cuts.has(el)) {
      const outer = cut(el.parentElement);
      const cutsOff = getComputedStyle(el).overflow !== "visible" && el.localName !== "svg";
      cuts.set(el, cutsOff ? meet(outer, box(el.getBoundingClientRect())) : outer);
    }
    return cuts.get(el);
  };
  const walker = document.createTreeWalker(document.querySelector("article") ?? document.body, NodeFilter.SHOW_TEXT);
  const [range, seen] = [document.createRange(), []];
  while (walker.nextNode()) {
    const [node, el] = [walker.currentNode, walker.currentNode.parentElement];
    if (!node.data.trim() || el.closest("math, pre, option")
        || !el.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    range.selectNodeContents(node);
    for (const rect of range.getClientRects()) {
      const [left, top, right, bottom] = meet(cut(el), box(rect));
      if (right - left > 3 && bottom - top > 3) seen.push({ node, left, top, right, bottom });
    }
  }
  seen.sort((a, b) => a.top - b.top);
  const found = [];
  seen.forEach((a, i) => {
    for (let j = i + 1; j < seen.length && seen[j].top < a.bottom; j += 1) {
      const b = seen[j];
      const shared = Math.min(a.bottom, b.bottom) - b.top;
      const lower = Math.min(a.bottom - a.top, b.bottom - b.top);
      if (a.node !== b.node && 4 * shared > lower && Math.min(a.right, b.right) - Math.max(a.left, b.left) > 3) {
        found.push([a, b].map(({ node }) => node.data.trim().slice(0, 40)).join(" | "));
      }
    }
  });
  return found.slice(0, 5);
}"""
