// What the reader chose and did, shown on the page: folds, gates and the sidebar's ticks.
const html = document.documentElement;

// A gate opens with the last prediction that stands before it.
function drawGates() {
  let answered = true;
  for (const element of document.querySelectorAll('[data-bertgpt="Predict"], .gate')) {
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
  for (const link of document.querySelectorAll(".bd-links a[href]")) {
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

function drawDepth(depth) {
  for (const fold of document.querySelectorAll("details.fold")) fold.open = depth === "all";
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
    }
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

// What is wider than the page can be scrolled by keyboard, also where it has come out of a fold.
const reach = new ResizeObserver((wide) => {
  for (const { target } of wide) target.tabIndex = target.scrollWidth > target.clientWidth ? 0 : -1;
});

document.addEventListener("DOMContentLoaded", () => {
  const wide = "pre, .cell_output > .output, .pst-scrollable-table-container";
  for (const each of document.querySelectorAll(wide)) reach.observe(each);
  connectSwitch(document.querySelector("form.reading"));
  if (kept("depth", "story") === "all") drawDepth("all");
  drawGates();
  drawProgress();
});

// Paper has no folds: what was closed is opened for it, and closed again afterwards.
addEventListener("beforeprint", () => {
  for (const fold of document.querySelectorAll("article details:not([open])")) {
    fold.dataset.printed = "";
    fold.open = true;
  }
});
addEventListener("afterprint", () => {
  for (const fold of document.querySelectorAll("details[data-printed]")) {
    fold.removeAttribute("data-printed");
    fold.open = false;
  }
});
