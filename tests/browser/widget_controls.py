"""The widgets of a page by keyboard: the size of their controls, how Tab reaches them and what their keys do."""

HOST = "[data-bertgpt]:not([data-bertgpt=Quiz])"

# Number what Tab has to reach: of a group of radios one, of a grid one cell, of a row that arrows
# walk along the one at 0. Put the focus just before the host; note which stops get it, and whether
# what is shown changes.
BEGIN = """(host) => {
  const all = [...host.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")];
  const walked = (c) => c.tabIndex === -1 && c.parentElement.querySelector(":scope > [tabindex='0']");
  const seen = all.filter((c) => !c.disabled && !walked(c) && c.checkVisibility({ visibilityProperty: true }));
  const group = (c) => (c.type === "radio" && c.name ? `${[...document.forms].indexOf(c.form)} ${c.name}` : null);
  const leaders = new Map();
  for (const c of seen) if (group(c) && (c.checked || !leaders.has(group(c)))) leaders.set(group(c), c);
  const stops = seen.filter((c) => !group(c) || leaders.get(group(c)) === c);
  stops.forEach((c, i) => { c.dataset.stop = i; });
  const start = document.createElement("span");
  start.tabIndex = -1;
  host.before(start);
  start.focus();
  window.walked = [];
  window.changed = false;
  host.addEventListener("focusin", ({ target }) => window.walked.push(target.dataset.stop ?? target.outerHTML));
  new MutationObserver((all) => {
    window.changed ||= all.some(({ attributeName }) => !attributeName?.startsWith("data-"));
  }).observe(host, { subtree: true, childList: true, characterData: true, attributes: true });
  return stops.length;
}"""
LEFT = "(host) => !host.contains(document.activeElement)"
# Controls that Tab reaches, with less than 24 by 24 pixels, their labels counted (WCAG 2.2, 2.5.8).
SMALL = """(hosts) => hosts.flatMap((host) => [...host.querySelectorAll("button, input, select, textarea, summary")])
  .filter((c) => c.tabIndex === 0 && !c.disabled && c.checkVisibility({ visibilityProperty: true })).flatMap((c) => {
    const size = (box) => Math.min(box.width, box.height);
    const most = Math.max(...[c, ...(c.labels ?? [])].map((each) => size(each.getBoundingClientRect())));
    return most < 23.5 ? [`${most.toFixed(1)} px: ${(c.labels?.[0] ?? c).outerHTML.slice(0, 120)}`] : [];
  })"""
# The key that moves a control, or null: a slider at its end goes back, a single option has nowhere to go.
KEY = """(c) => {
  if (c.disabled || !c.checkVisibility({ visibilityProperty: true })) return null;
  c.addEventListener("click", () => { c.dataset.pressed = "yes"; }, { once: true });
  if (c.type === "range") return c.value === c.max ? "ArrowLeft" : "ArrowRight";
  if (c.localName === "select") {
    return c.length < 2 ? null : c.selectedIndex === c.length - 1 ? "ArrowUp" : "ArrowDown";
  }
  if (c.type === "radio") {
    const others = [...(c.form.elements[c.name].values?.() ?? [c])].filter((each) => !each.disabled);
    return others.length > 1 ? "ArrowDown" : null;
  }
  return { checkbox: "Space", button: "Enter" }[c.type] ?? (c.localName === "summary" ? "Enter" : null);
}"""
STATE = """(c) => JSON.stringify([c.checkVisibility(), c.checked, c.value, c.open, c.dataset.pressed,
  c.closest("form")?.elements[c.name]?.value])"""


def check_sizes(page):
    """Every control has room for a finger."""
    assert page.locator(HOST).evaluate_all(SMALL) == []


def check_keyboard(page):
    """Tab reaches every control of every widget and leaves; of the first of each kind, keys move each control.

    A page's predictions are many and alike. The name of a control is checked by axe.
    """
    kinds = set()
    for host in page.locator(HOST).all():
        kind = host.get_attribute("data-bertgpt")
        assert host.get_attribute("data-started") == "" and host.inner_text().strip(), kind
        stops = host.evaluate(BEGIN)
        for _ in range(stops + 1):
            page.keyboard.press("Tab")
        walked = page.evaluate("window.walked")
        assert walked == [str(i) for i in range(stops)], f"{kind}: Tab reaches {walked} of {stops}"
        assert host.evaluate(LEFT), f"{kind}: Tab does not leave"
        if kind in kinds:
            continue
        kinds.add(kind)
        pressed = 0
        for index in range(min(stops, 12)):
            control = host.locator(f"[data-stop='{index}']").element_handles()  # some come and go
            key = control and control[0].evaluate(KEY)
            if key:
                before = control[0].evaluate(STATE)
                control[0].press(key)
                pressed += 1
                what = control[0].evaluate("(c) => c.outerHTML.slice(0, 100)")
                assert control[0].evaluate(STATE) != before, f"{kind}: {key} does nothing to {what}"
        assert page.evaluate("window.changed") or not pressed, f"{kind}: no control changes what is shown"
