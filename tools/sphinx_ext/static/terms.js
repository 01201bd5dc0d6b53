/* Show a glossary term's definition beside it: on hover, on focus, until Escape, blur, or the pointer leaves both. */

document.addEventListener("DOMContentLoaded", () => {
  const box = document.createElement("div");
  box.className = "glossary-definition";
  box.id = "glossary-definition";
  box.setAttribute("role", "tooltip");
  box.hidden = true;
  let term = null;
  let leaving = 0;

  function show(link) {
    clearTimeout(leaving);
    if (term) term.removeAttribute("aria-describedby");
    term = link;
    box.textContent = link.dataset.definition;
    box.hidden = false;
    link.setAttribute("aria-describedby", box.id);
    const { left, bottom } = link.getClientRects()[0];
    const room = document.documentElement.clientWidth - box.offsetWidth - 16;
    box.style.left = `${scrollX + Math.max(16, Math.min(left, room))}px`;
    box.style.top = `${scrollY + bottom + 4}px`;
  }

  function hide() {
    clearTimeout(leaving);
    box.hidden = true;
    if (term) term.removeAttribute("aria-describedby");
    term = null;
  }

  function leave() {
    leaving = setTimeout(hide, 250);
  }

  document.body.append(box);
  for (const link of document.querySelectorAll("a.glossary-term")) {
    link.addEventListener("mouseenter", () => show(link));
    link.addEventListener("focus", () => show(link));
    link.addEventListener("mouseleave", leave);
    link.addEventListener("blur", hide);
  }
  box.addEventListener("mouseenter", () => clearTimeout(leaving));
  box.addEventListener("mouseleave", leave);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
});
