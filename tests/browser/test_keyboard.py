"""Every widget of the built book by keyboard alone: Tab comes to each control and on, each has a name, its keys act.

A target is at least 24 by 24 pixels: the control itself, or the label around it (WCAG 2.2, 2.5.8).
"""

import pytest
from test_widgets_on_pages import HOST, WITH_WIDGETS

# What Tab has to come to: of a group of radios one, of a grid one cell, of a row that arrows walk along the one at 0.
REACHABLE = """(host) => {
  const all = [...host.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")];
  const walked = (c) => c.tabIndex === -1 && c.parentElement.querySelector(":scope > [tabindex='0']");
  const seen = all.filter((c) => !c.disabled && !walked(c) && c.checkVisibility({ visibilityProperty: true }));
  const group = (c) => (c.type === "radio" && c.name ? `${[...document.forms].indexOf(c.form)} ${c.name}` : null);
  const leaders = new Map();
  for (const c of seen) if (group(c) && (c.checked || !leaders.has(group(c)))) leaders.set(group(c), c);
  const stops = seen.filter((c) => !group(c) || leaders.get(group(c)) === c);
  stops.forEach((c, i) => { c.dataset.stop = i; });
  return stops.length;
}"""
FOCUSED = """(host) => {
  const it = document.activeElement;
  return host.contains(it) ? (it.dataset.stop ?? `another: ${it.outerHTML.slice(0, 80)}`) : null;
}"""
# Put the focus on what is just before the host, so that one Tab enters it.
BEFORE = """(host) => {
  const start = document.createElement("span");
  start.tabIndex = -1;
  host.before(start);
  start.focus();
}"""
SMALL = """(host) => [...host.querySelectorAll("[data-stop], input[type=radio]")].flatMap((c) => {
  if (c.matches("td, .scroll, [role=group], a") || !c.checkVisibility({ visibilityProperty: true })) return [];
  const size = (box) => Math.min(box.width, box.height);
  const most = Math.max(...[c, ...(c.labels ?? [])].map((each) => size(each.getBoundingClientRect())));
  return most < 23.5 ? [`${most.toFixed(1)} px: ${(c.labels?.[0] ?? c).outerHTML.slice(0, 120)}`] : [];
})"""
# The key that moves a control, and what moves with it.
STATE = """(c) => JSON.stringify([c.checked, c.value, c.open, c.dataset.pressed,
  c.closest('form')?.elements[c.name]?.value])"""


def hosts(page):
    page.evaluate("document.documentElement.dataset.answers = 'open'")        # some wait for an answer
    page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
    found = page.locator(HOST).all()
    for host in found:
        host.scroll_into_view_if_needed()
    return found


def key_of(control) -> str | None:
    """Say which key moves a control, and so that it can: a slider at its end goes back."""
    kind = control.evaluate("(c) => c.type ?? c.localName")
    if kind == "range":
        return "ArrowLeft" if control.evaluate("(c) => c.value === c.max") else "ArrowRight"
    if kind == "select-one":
        more = control.evaluate("(c) => c.options.length - 1")
        at = control.evaluate("(c) => c.selectedIndex")
        return None if not more else "ArrowUp" if at == more else "ArrowDown"
    if kind == "radio":
        others = "(c) => [...c.form.elements[c.name]].filter?.((each) => !each.disabled).length > 1"
        return "ArrowDown" if control.evaluate(others) else None
    return {"checkbox": "Space", "button": "Enter", "summary": "Enter"}.get(kind)


@pytest.mark.parametrize("name", WITH_WIDGETS)
def test_tab_comes_to_every_control_and_leaves(name, open_page):
    page = open_page(name)
    for host in hosts(page):
        kind, stops = host.get_attribute("data-bertgpt"), host.evaluate(REACHABLE)
        host.evaluate(BEFORE)
        reached = []
        for _ in range(stops + 2):
            page.keyboard.press("Tab")
            at = host.evaluate(FOCUSED)
            if at is None:
                break
            reached.append(at)
        assert reached == [str(i) for i in range(stops)], f"{kind}: Tab comes to {reached} of {stops}"
        assert host.evaluate(FOCUSED) is None, f"{kind}: Tab does not come out"


@pytest.mark.parametrize("name", WITH_WIDGETS)
def test_every_control_has_a_name_and_room_for_a_finger(name, open_page):
    page = open_page(name, width=375, height=740)
    for host in hosts(page):
        host.evaluate(REACHABLE)
        kind = host.get_attribute("data-bertgpt")
        tree = host.aria_snapshot()
        for role in ("button", "radio", "slider", "combobox", "textbox", "checkbox", "spinbutton"):
            bare = [line for line in tree.splitlines() if line.strip().removeprefix("- ").rstrip(":") == role]
            assert not bare, f"{kind}: a {role} without a name"
        assert host.evaluate(SMALL) == [], kind


@pytest.mark.parametrize("name", WITH_WIDGETS)
def test_the_keys_of_a_control_move_it(name, open_page):
    """Enter presses a button, Space turns a box, arrows go through radios, options and a slider."""
    page = open_page(name)
    for host in hosts(page):
        kind = host.get_attribute("data-bertgpt")
        for index in range(min(host.evaluate(REACHABLE), 12)):
            control = host.locator(f"[data-stop='{index}']")
            if not control.is_visible() or not control.is_enabled():      # some come and go with those before
                continue
            key = key_of(control)
            if key is None:
                continue
            control.evaluate("(c) => c.addEventListener('click', () => { c.dataset.pressed = 'yes'; }, { once: true })")
            before = control.evaluate(STATE)
            handle = control.element_handle()
            control.press(key)
            gone = not handle.evaluate("(c) => c.checkVisibility()")     # as a button that has done its work
            moved = gone or handle.evaluate(STATE) != before
            assert moved, f"{kind}: {key} does nothing to {handle.evaluate('(c) => c.outerHTML')[:100]}"
