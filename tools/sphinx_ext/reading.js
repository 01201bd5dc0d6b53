// What the reader chose and did, shown on the page: folds, gates and the sidebar's ticks.

import { keep, kept, pageOf } from "../../src/bertgpt_book/widgets/storage.js";

const html = document.documentElement;

const QUESTIONS_AND_GATES = '[data-bertgpt="Predict"], .gate';

// A gate opens with the last prediction that stands before it.
function drawGates() {
  let answered = true;
  for (const element of document.querySelectorAll(QUESTIONS_AND_GATES)) {
    if (element.matches(".gate")) element.classList.toggle("open", answered);
    else answered = element.querySelector('[data-question="answered"]') !== null;
  }
}

// A chapter is done when every question on its page is answered, and stays done if one is asked again.
function drawProgress() {
  const done = kept("done", {});
  const questions = [...document.querySelectorAll("[data-question]")];
  if (questions.length && questions.every((each) => each.dataset.question === "answered")) {
    done[pageOf(location.pathname)] = true;
    keep("done", done);
  }
  for (const link of document.querySelectorAll(".bd-links a[href], .landing article table a[href]")) {
    if (!done[pageOf(link.pathname)] || link.querySelector(".chapter-done")) continue;
    const tick = document.createElement("span");
    const words = document.createElement("span");
    tick.className = "chapter-done";
    words.className = "visually-hidden";
    words.textContent = ", all questions answered";
    tick.append(words);
    link.append(tick);
  }
}

// Which chapter was read last, told by the landing page in its header.
function drawWayBack() {
  const page = pageOf(location.pathname);
  if (/^\d\d_/.test(page)) keep("last", page);
  const last = kept("last", null);
  const link = [...document.querySelectorAll(".landing article table a[href]")].find((each) => pageOf(each.pathname) === last);
  if (!link) return;
  const on = document.createElement("a");
  on.className = "go-on";
  on.href = link.href;
  on.textContent = `Go on with ${link.closest("tr").cells[0].textContent.trim()} ${link.firstChild.textContent}`;
  document.querySelector(".header-article-items__start").append(on);
}

// A card's picture moves once when it comes into sight, and again when it is pointed at.
function connectCards() {
  const move = (card, now) => {
    card.classList.remove("moves");
    if (now) requestAnimationFrame(() => card.classList.add("moves"));
  };
  const sight = new IntersectionObserver((all) => all.forEach((each) => move(each.target, each.isIntersecting)), { threshold: 0.9 });
  for (const card of document.querySelectorAll(".moving-card")) {
    sight.observe(card);
    card.addEventListener("pointerenter", () => move(card, true));
  }
}

// Folds open with all code; reading.css shows checks, and code that waits, with it.
function drawDepth(depth) {
  html.dataset.depth = depth;
  for (const fold of document.querySelectorAll("details.fold")) fold.open = depth === "all";
}

// The boxes of answers open and close with the switch; theirs is the theme's button.
function drawAnswers(open) {
  for (const button of document.querySelectorAll(".admonition.answers .toggle-button")) {
    if (button.closest(".answers").classList.contains("toggle-hidden") === open) button.click();
  }
}

function connectSwitch(form) {
  if (!form) return;
  form.elements.depth.value = kept("depth", "story");
  form.elements.open.checked = kept("open", false);
  form.addEventListener("change", ({ target }) => {
    if (target.name === "depth") {
      keep("depth", target.value);
      drawDepth(target.value);
    } else {
      keep("open", target.checked);
      html.dataset.answers = target.checked ? "open" : "";
      drawAnswers(target.checked);
    }
  });
}

// A widget whose script comes when the reader asks for it (book_widgets.py).
function connectRequest(button) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const script = document.createElement("script");
    script.src = button.dataset.script;
    script.addEventListener("load", () => {
      button.remove();
      document.querySelector(`[data-bertgpt="${button.name}"] button`)?.focus({ preventScroll: true });
    });
    script.addEventListener("error", () => {
      button.textContent = "It could not be fetched. Try again.";
    });
    document.head.append(script);
  });
}

// A widget alone on the whole screen, as large as it fits there: for a projector.
const SHOWN = '[data-bertgpt]:not([data-bertgpt="Predict"], [data-bertgpt="Quiz"], [data-bertgpt="CourseTest"])';

function connectScreen() {
  if (!document.fullscreenEnabled) return;
  for (const widget of document.querySelectorAll(SHOWN)) {
    const [place, button] = [document.createElement("div"), document.createElement("button")];
    place.className = "to-full-screen";
    button.type = "button";
    button.textContent = "Full screen";
    button.addEventListener("click", () => widget.requestFullscreen());
    place.append(button);
    widget.before(place);
  }
  document.addEventListener("fullscreenchange", () => {
    for (const widget of document.querySelectorAll(SHOWN)) widget.style.zoom = "";
    const shown = document.fullscreenElement;
    if (!shown?.matches(SHOWN)) return;
    const { offsetWidth, offsetHeight } = shown.querySelector("form");
    shown.style.zoom = Math.max(1, 0.95 * Math.min(html.clientWidth / offsetWidth, html.clientHeight / offsetHeight));
  });
}

let waiting = false;
document.addEventListener("bertgpt:answered", () => {
  if (waiting) return;
  waiting = true;
  queueMicrotask(() => {
    waiting = false;
    drawGates();
    drawProgress();
  });
});

// What is wider than its place can be scrolled by keyboard, also where it has come out of a fold, and fades at an edge
// that hides something (book.css).
function drawReach(each) {
  const [beyond, left] = [each.scrollWidth - each.clientWidth, Math.abs(each.scrollLeft)];
  each.tabIndex = beyond > 0 ? 0 : -1;
  const hidden = [...(left > 1 ? ["start"] : []), ...(beyond - left > 1 ? ["end"] : [])];
  if (hidden.length) each.dataset.hidden = hidden.join(" ");
  else delete each.dataset.hidden;
}

const reach = new ResizeObserver((wide) => wide.forEach(({ target }) => drawReach(target)));

document.addEventListener("DOMContentLoaded", () => {
  const wide = document.querySelectorAll("pre, div.math, .cell_output > .output, .pst-scrollable-table-container");
  for (const each of wide) {
    reach.observe(each);
    each.addEventListener("scroll", () => drawReach(each), { passive: true });
  }
  // A formula is wider in its own font, which may come late.
  document.fonts.addEventListener("loadingdone", () => document.querySelectorAll("div.math").forEach(drawReach));
  const form = document.querySelector("form.reading");
  connectSwitch(form);
  document.querySelectorAll("button[data-script]").forEach(connectRequest);
  if (kept("depth", "story") === "all") drawDepth("all");
  if (kept("open", false)) drawAnswers(true);
  drawGates();
  drawProgress();
  drawWayBack();
  connectCards();
  connectScreen();
});

// The answers to the predictions stand together at the end of a printed page.
function printAnswers() {
  const answers = [...document.querySelectorAll("[data-bertgpt=Predict] .printed")];
  if (!answers.length) return;
  const section = document.createElement("section");
  section.className = "printed-answers";
  const title = document.createElement("h2");
  title.textContent = "Answers to the predictions";
  const list = document.createElement("ol");
  for (const answer of answers) {
    const item = document.createElement("li");
    item.append(...[...answer.childNodes].map((each) => each.cloneNode(true)));
    list.append(item);
  }
  section.append(title, list);
  document.querySelector("article").append(section);
}

// Paper has no folds: what was closed is opened for it, and closed again afterwards.
addEventListener("beforeprint", () => {
  printAnswers();
  for (const fold of document.querySelectorAll("article details:not([open])")) {
    fold.dataset.printed = "";
    fold.open = true;
  }
});
addEventListener("afterprint", () => {
  document.querySelector(".printed-answers")?.remove();
  for (const fold of document.querySelectorAll("details[data-printed]")) {
    fold.removeAttribute("data-printed");
    fold.open = false;
  }
});
