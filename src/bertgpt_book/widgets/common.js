// Shared by all widgets: numbers as they are written, elements, controls, and how a widget follows its model.

// ---- numbers

// A number with so many decimals and a minus as wide as a plus; never a zero below zero.
export function fixed(x, digits) {
  const text = Math.abs(x).toFixed(digits);
  return x < 0 && Number(text) ? `−${text}` : text;
}

export const signed = (x, digits) => fixed(x, digits).replace(/^\d/, "+$&");

// 12345 -> 12,345
export const counted = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");

// A share of 1 with three decimals; what they would round to nothing is still more than a zero.
export const probability = (p) => (p === 0 ? "0" : p < 0.0005 ? "<0.001" : p.toFixed(3));

export const percent = (p) => (p === 0 ? "0 %" : p < 0.001 ? "<0.1 %" : `${(100 * p).toFixed(1)} %`);

// The same in whole numbers, where bars and words say it together.
export const whole = (p) => (p > 0 && p < 0.005 ? "<1 %" : `${Math.round(100 * p)} %`);

// What fits into a cell of a grid: no zero before the point.
export const weightInCell = (w) => (w > 0.995 ? "1" : fixed(w, 2).replace(/^(−?)0/, "$1"));
export const moveInCell = (x) => (x === 0 ? "0"
  : x < 0.01 ? x.toExponential(0) : String(Number(x.toPrecision(2))).replace(/^0/, ""));

// Which model's colour and glyph a name takes: it begins with one, or is of neither.
export const modelOf = (name) => ["BERT", "GPT"].find((known) => name.startsWith(known)) ?? "other";

// How dark a movement is: three decades below the largest are spread over the shades, and an exact zero has none.
export function leakShade(value, largest) {
  return value === 0 ? 0 : Math.max(0.1, 1 + Math.log10(value / largest) / 3);
}

// ---- elements

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

// Build an element. A string child becomes a text node: no text is ever read as markup.
export const h = (tag, attributes = {}, ...children) => filled(document.createElement(tag), attributes, children);

export const svg = (tag, attributes, ...children) =>
  filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

// `code` between backticks and *words* between stars become elements, filled as text.
export function prose(text) {
  const stressed = (part) => part.split(/\*([A-Za-z][^*]*)\*/).map((word, i) => (i % 2 ? h("em", {}, word) : word));
  return text.split("`").flatMap((part, i) => (i % 2 ? h("code", {}, part) : stressed(part)));
}

// Hide a control or shut it ("hidden", "disabled"), or undo that; the focus that it would drop goes to the next one.
export function withdraw(control, how, away, next) {
  const drops = away && document.activeElement === control;
  control[how] = away;
  if (drops) next.focus({ preventScroll: true });
}

// A form of its own keeps the radio names of one widget apart from those of its neighbours.
export function root(el, label, ...children) {
  const form = h("form", { class: "frame", onsubmit: (event) => event.preventDefault() }, ...children);
  form.addEventListener("keydown", (event) => event.stopPropagation());
  const figure = h("figure", { "aria-label": label, "data-lm-suppress-shortcuts": "true" }, form);
  el.classList.add("bertgpt");
  el.replaceChildren(figure);
  return figure;
}

export function change(model, values) {
  for (const [name, value] of Object.entries(values)) model.set(name, value);
  model.save_changes();
}

// Draw now and after each change; changes that arrive together are drawn once. -> what a closed view calls; end: what the
// widget itself then gives back
export function follow(model, names, draw, end = () => {}) {
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
  return () => {
    names.forEach((name) => model.off(`change:${name}`, later));
    model.bertgptEngine?.end(); // a notebook's view has an engine of its own (client.js)
    end();
  };
}

// options: [value, ...label content] -> { node, show(value, allowed) }; where there is no choice it is hidden, and where
// there is little room a menu stands for more than two
export function radios(legend, name, options, choose) {
  const inputs = options.map(([value]) => h("input", { type: "radio", name, value, onchange: () => choose(value) }));
  const labels = options.map(([, ...content], i) => h("label", {}, inputs[i], ...content));
  const menu = select(legend, labels.map((label) => label.textContent), (i) => choose(options[i][0]));
  return {
    node: h("div", { class: "choice", hidden: options.length < 2 },
      h("fieldset", { class: "radios" }, h("legend", {}, legend), ...labels), ...(options.length > 2 ? [menu.node] : [])),
    show(value, allowed = () => true) {
      options.forEach(([option], i) => {
        inputs[i].checked = option === value;
        inputs[i].disabled = menu.node.control.options[i].disabled = !allowed(option);
      });
      menu.show(options.findIndex(([option]) => option === value));
    },
  };
}

// Buttons to choose among texts, one of them pressed. -> { node, show(i) }
export function chips(label, texts, choose) {
  const buttons = texts.map((text, i) => h("button", { type: "button", class: "chip", onclick: () => choose(i) }, text));
  return {
    node: h("div", { class: "chips", role: "group", "aria-label": label, hidden: texts.length < 2 }, ...buttons),
    show: (chosen) => buttons.forEach((button, i) => button.setAttribute("aria-pressed", i === chosen)),
  };
}

export function select(text, options, choose) {
  const field = h("select", { onchange: () => choose(Number(field.value)) },
    ...options.map((option, i) => h("option", { value: i }, option)));
  const node = h("label", { class: "field", hidden: options.length < 2 }, text, field);
  return { node, show: (i) => { field.value = i; } };
}

export function range(text, min, max, choose, step = 1) {
  const shown = h("span", { class: "value" }); // not <output>: the label would name it
  const field = h("input", { type: "range", min, max, step, oninput: () => choose(Number(field.value)) });
  return {
    node: h("label", { class: "field" }, h("span", {}, text, " ", shown), field),
    // words: what is shown for the value, where it does not speak for itself
    show(value, words = null) {
      field.value = value;
      shown.textContent = words ?? value;
      if (words !== null) field.setAttribute("aria-valuetext", words);
    },
  };
}

export function checkbox(text, choose) {
  const field = h("input", { type: "checkbox", onchange: () => choose(field.checked) });
  return { node: h("label", { class: "check" }, field, text), show: (value) => { field.checked = value; } };
}

// The mark of the course: all of the square for BERT, its lower triangle for GPT.
export function mark(name) {
  const paths = { BERT: "M1 1H11V11H1Z", GPT: "M1 1V11H11Z" };
  const path = paths[name] ?? "M6 1A5 5 0 1 1 6 11A5 5 0 1 1 6 1Z";
  return svg("svg", { class: "glyph", viewBox: "0 0 12 12", "aria-hidden": "true", "data-model": name },
    svg("path", { d: path }));
}

// The head of a table: the names of its columns, "" above one without a name and null above the bars.
export const headRow = (...names) => h("thead", {}, h("tr", {}, ...names.map((name) =>
  (name ? h("th", { scope: "col" }, name) : h("td", { class: name === null && "share" })))));

// A row of a table: its name, and its cells, each a td, a text or a list of what stands in it.
export const tableRow = (attributes, name, ...cells) => h("tr", attributes,
  h("th", { scope: "row" }, ...[name].flat()),
  ...cells.map((cell) => (cell.tagName === "TD" ? cell : h("td", {}, ...[cell].flat()))));

// A cell with a bar, of a length from 0 to 1.
export const barCell = (length) =>
  h("td", { class: "share" }, h("span", { class: "bar", style: `--share:${length}` }));

export function maskIcon(mask) {
  const cells = mask.flatMap((row, t) => row.map((may, s) =>
    svg("rect", { x: s * 4 + 0.5, y: t * 4 + 0.5, width: 3, height: 3, class: may ? "may" : "not" })));
  const side = mask.length * 4;
  return svg("svg", { class: "mask-icon", viewBox: `0 0 ${side} ${side}`, "aria-hidden": "true" }, ...cells);
}

// Above this shade black is easier to read than white on the dark page's colours (both have 4.5 : 1 there).
const STRONG = 0.7;

// Fill a cell of a tokenGrid. shade: from 0, nothing, to 1, the full colour; seen: what is written in it; kinds: its
// classes, the false ones left out
function fillCell(cell, told, { shade, seen = "", kinds = [], ...attributes }) {
  cell.className = [...kinds, shade > STRONG && "strong"].filter(Boolean).join(" ");
  cell.style.setProperty("--shade", shade.toFixed(3));
  cell.firstChild.firstChild.textContent = seen;
  const label = told + (seen && `, shown as ${seen}`); // the name holds what is seen
  for (const [name, value] of Object.entries({ "aria-label": label, ...attributes })) cell.setAttribute(name, value);
}

// A token x token table, and a line that reads out the cell pointed at or focused: tell(t, s). Arrow keys move;
// press(t, s, isClick) is called for each click, Space and Enter. brush: paints the cells (mask_grid.js)
// draw(cell): cell(t, s) -> what fillCell takes
export function tokenGrid({ tokens, label, rowTitle, columnTitle, lastColumn, tell, brush, press = brush?.press }) {
  const name = (token) => h("span", { title: token }, token);
  const cells = tokens.map((_, t) => tokens.map((_, s) =>
    h("td", { tabindex: t + s ? -1 : 0, "data-t": t, "data-s": s }, h("span", { class: "tile" }, h("span", {})))));
  const last = tokens.map(() => h("td", { class: "sum" }));
  const columns = tokens.map((token) => h("th", { scope: "col" }, name(token)));
  const rows = tokens.map((token) => h("th", { scope: "row" }, name(token)));
  const corner = h("td", { class: "corner" }, h("span", {}, `${columnTitle} →`), h("span", {}, `${rowTitle} ↓`));
  const head = h("tr", {}, corner, ...columns);
  if (lastColumn) head.append(h("th", { scope: "col", class: "sum" }, lastColumn));
  const body = cells.map((row, t) => h("tr", {}, rows[t], ...row, ...(lastColumn ? [last[t]] : [])));
  const table = h("table", { role: "grid", "aria-label": label, style: `--n:${tokens.length}` },
    h("thead", {}, head), h("tbody", {}, ...body));
  const readout = h("p", { class: "readout" }, "Choose a cell to read it.");
  let here = null; // the cell that is read out: [t, s]
  function read() {
    readout.textContent = tell(...here);
    cells.flat().forEach((cell) => cell.classList.toggle("here", cell === cells[here[0]][here[1]]));
  }
  function look(t, s) {
    here = [t, s];
    brush?.pass(t, s);
    read();
  }
  const at = (event) => {
    const cell = event.target.closest("td[data-t]");
    return cell && [Number(cell.dataset.t), Number(cell.dataset.s)];
  };
  const on = (type, act) => table.addEventListener(type, (event) => {
    const cell = at(event);
    if (cell) act(cell, event);
  });
  on("pointerover", ([t, s]) => look(t, s));
  on("click", ([t, s]) => press?.(t, s, true));
  on("focusin", ([t, s]) => {
    cells.flat().forEach((cell) => cell.setAttribute("tabindex", cell === cells[t][s] ? 0 : -1));
    look(t, s);
  });
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  on("keydown", ([t, s], event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return; // the browser's own: Alt and Left is Back
    const step = steps[event.key];
    if (step) cells[t + step[0]]?.[s + step[1]]?.focus();
    else if (event.key === "Home") cells[t][0].focus();
    else if (event.key === "End") cells[t].at(-1).focus();
    else if (event.key === " " || event.key === "Enter") press?.(t, s);
    else return;
    event.preventDefault();
  });
  brush?.hold(table);
  return {
    node: h("div", { class: "scroll" }, table), readout, table, last, columns, rows,
    draw(cell) {
      cells.forEach((row, t) => row.forEach((each, s) => fillCell(each, tell(t, s), cell(t, s))));
      if (here) read();
    },
  };
}
