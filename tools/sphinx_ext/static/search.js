// The search page. The index lists parts of pages (book_search.py): a hit is named by its section and leads there,
// no place is listed twice, and a question is answered by what it asks about.
{
  const ASKING = /^\s*(?:what|who|how|why)(?:'s|\s+(?:is|are|does|do|can))\s+(?:(?:an?|the)\s+)?|[?\s]+$/gi;
  const MOST = 3;                                                   // places of one page
  const { query, stopPulse, _performSearch } = Search;
  let pages = new Set();

  Search.query = (text) => query(text.replace(ASKING, ""));

  // What an excerpt is cut from: a section, a term with its definition, a page; but nothing that tells an answer.
  Search.htmlToText = (html, anchor) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    const told = "noscript, .gated, .waits, .solution, script, style, .headerlink";
    for (const each of page.querySelectorAll(told)) each.remove();
    const place = page.getElementById(anchor?.slice(1)) ?? page.querySelector("article");
    if (!place.matches("dt")) return place.textContent;
    return `${place.textContent.trim()}: ${page.querySelector(`#${CSS.escape(place.id)} ~ dd`).textContent}`;
  };

  // What Sphinx counts as pages are their parts.
  Search.stopPulse = () => {
    stopPulse.call(Search);
    queueMicrotask(() => {
      if (pages.size) Search.status.innerText = `Found on ${pages.size} page${pages.size === 1 ? "" : "s"}.`;
    });
  };

  // Sphinx takes the hits from the end.
  Search._performSearch = (...asked) => {
    const { docnames, titles } = Search._index;
    const places = new Set(), listed = {};
    pages = new Set();
    const late = ([, , anchor]) => Number(/^#(exercises|quiz)$/.test(anchor)); // prose first
    return _performSearch(...asked).reverse().map(([part, title, anchor, ...rest]) => {
      const [page, section] = part.split("#");
      if (!section) return [page, title, anchor, ...rest];
      return [page, `${titles[docnames.indexOf(page)]} › ${title}`, anchor || `#${section}`, ...rest];
    }).sort((a, b) => late(a) - late(b) || b[4] - a[4] || a[0].localeCompare(b[0])).filter(([page, , anchor]) => {
      if (places.has(page + anchor) || listed[page] === MOST) return false;
      places.add(page + anchor);
      pages.add(page);
      listed[page] = (listed[page] ?? 0) + 1;
      return true;
    }).reverse();
  };
}
