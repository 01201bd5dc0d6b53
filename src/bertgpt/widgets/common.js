// Shared by all widgets: a widget's module is this file followed by its own.

// Build an element. A string child becomes a text node: no text is ever read as markup.
function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

// Above this shade black is easier to read than white on the dark page's colours (both have 4.5 : 1 there).
const STRONG = 0.7;

// A form of its own keeps the radio names of one widget apart from those of its neighbours.
function root(el, label, ...children) {
  const form = h("form", { class: "frame", onsubmit: (event) => event.preventDefault() }, ...children);
  form.addEventListener("keydown", (event) => event.stopPropagation());
  const figure = h("figure", { "aria-label": label, "data-lm-suppress-shortcuts": "true" }, form);
  el.classList.add("bertgpt");
  el.replaceChildren(figure);
  return figure;
}

function change(model, values) {
  for (const [name, value] of Object.entries(values)) model.set(name, value);
  model.save_changes();
}

// Draw now and after each change; changes that arrive together are drawn once.
function follow(model, names, draw) {
  let waiting = false;
  const later = () => {
    if (waiting) return;
    waiting = true;
    queueMicrotask(() => {
      waiting = false;
      draw();
    });
  };
  for (const name of names) model.on(`change:${name}`, later);
  draw();
  return () => names.forEach((name) => model.off(`change:${name}`, later));
}

// options: [value, ...label content] -> { node, show(value, allowed) }
function radios(legend, name, options, choose) {
  const inputs = options.map(([value]) =>
    h("input", { type: "radio", name, value, onchange: () => choose(value) }));
  const labels = options.map(([, ...content], i) => h("label", {}, inputs[i], ...content));
  return {
    node: h("fieldset", { class: "radios" }, h("legend", {}, legend), ...labels),
    show(value, allowed = () => true) {
      options.forEach(([option], i) => {
        inputs[i].checked = option === value;
        inputs[i].disabled = !allowed(option);
      });
    },
  };
}

function select(text, options, choose) {
  const field = h("select", { onchange: () => choose(Number(field.value)) },
    ...options.map((option, i) => h("option", { value: i }, option)));
  return { node: h("label", { class: "field" }, text, field), show: (i) => { field.value = i; } };
}

function range(text, min, max, choose, step = 1) {
  const shown = h("span", { class: "value" }); // not <output>: the label would name it
  const field = h("input", {
    type: "range", min, max, step, oninput: () => choose(Number(field.value)),
  });
  return {
    node: h("label", { class: "field" }, h("span", {}, text, " ", shown), field),
    show(value) {
      field.value = value;
      shown.textContent = value;
    },
  };
}

function checkbox(text, choose) {
  const field = h("input", { type: "checkbox", onchange: () => choose(field.checked) });
  return { node: h("label", { class: "check" }, field, text), show: (value) => { field.checked = value; } };
}

function svg(tag, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// The mark of the course: all of the square for BERT, its lower triangle for GPT.
function mark(name) {
  const paths = { BERT: "M1 1H11V11H1Z", GPT: "M1 1V11H11Z" };
  const path = paths[name] ?? "M6 1A5 5 0 1 1 6 11A5 5 0 1 1 6 1Z";
  return svg("svg", { class: "glyph", viewBox: "0 0 12 12", "aria-hidden": "true", "data-model": name },
    svg("path", { d: path }));
}

function maskIcon(mask) {
  const cells = mask.flatMap((row, t) => row.map((may, s) =>
    svg("rect", { x: s * 4 + 0.5, y: t * 4 + 0.5, width: 3, height: 3, class: may ? "may" : "not" })));
  const side = mask.length * 4;
  return svg("svg", { class: "mask-icon", viewBox: `0 0 ${side} ${side}`, "aria-hidden": "true" }, ...cells);
}

// A token x token table. Arrow keys move; look(t, s) hears of each cell pointed at or focused,
// press(t, s) of each click, Space and Enter.
function tokenGrid({ tokens, label, rowTitle, columnTitle, lastColumn, look, press }) {
  const name = (token) => h("span", { title: token }, token);
  const cells = tokens.map((_, t) => tokens.map((_, s) =>
    h("td", { tabindex: t + s ? -1 : 0, "data-t": t, "data-s": s },
      h("span", { class: "tile" }, h("span", {})))));
  const last = tokens.map(() => h("td", { class: "sum" }));
  const columns = tokens.map((token) => h("th", { scope: "col" }, name(token)));
  const rows = tokens.map((token) => h("th", { scope: "row" }, name(token)));
  const corner = h("td", { class: "corner" },
    h("span", {}, `${columnTitle} →`), h("span", {}, `${rowTitle} ↓`));
  const head = h("tr", {}, corner, ...columns);
  if (lastColumn) head.append(h("th", { scope: "col", class: "sum" }, lastColumn));
  const body = cells.map((row, t) => h("tr", {}, rows[t], ...row, ...(lastColumn ? [last[t]] : [])));
  const table = h("table", { role: "grid", "aria-label": label, style: `--n:${tokens.length}` },
    h("thead", {}, head), h("tbody", {}, ...body));
  const at = (event) => {
    const cell = event.target.closest("td[data-t]");
    return cell && [Number(cell.dataset.t), Number(cell.dataset.s)];
  };
  const on = (type, act) => table.addEventListener(type, (event) => {
    const place = at(event);
    if (place) act(place, event);
  });
  on("pointerover", ([t, s]) => look(t, s));
  on("click", ([t, s]) => press(t, s));
  on("focusin", ([t, s]) => {
    cells.flat().forEach((cell) => cell.setAttribute("tabindex", cell === cells[t][s] ? 0 : -1));
    look(t, s);
  });
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  on("keydown", ([t, s], event) => {
    const step = steps[event.key];
    if (step) cells[t + step[0]]?.[s + step[1]]?.focus();
    else if (event.key === "Home") cells[t][0].focus();
    else if (event.key === "End") cells[t].at(-1).focus();
    else if (event.key === " " || event.key === "Enter") press(t, s);
    else return;
    event.preventDefault();
  });
  return { node: h("div", { class: "scroll" }, table), table, cells, last, columns, rows };
}
