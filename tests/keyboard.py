"""Somebody without a mouse: goes on with Tab, sees where they are, is never hidden from it."""

# Of the element that has the focus: whether it is the one wanted, and what is wrong with how it shows.
LOOK = """wanted => {
    const here = document.activeElement;
    const shown = here.closest(".choice") ?? here;
    const box = here.getClientRects()[0] ?? new DOMRect();
    const [left, right] = [Math.max(box.left, 0), Math.min(box.right, innerWidth)];
    const [top, bottom] = [Math.max(box.top, 0), Math.min(box.bottom, innerHeight)];
    const over = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    const ringed = [here, shown].some(one => parseFloat(getComputedStyle(one).outlineWidth) >= 2
        && getComputedStyle(one).outlineStyle !== "none");
    const faults = [];
    if (here !== document.body && !ringed) faults.push("no ring");
    if (here !== document.body && !(right > left && bottom > top)) faults.push("out of sight");
    else if (here !== document.body && !shown.contains(over)) faults.push("covered");
    return { found: here.matches(wanted), faults, html: here.outerHTML.slice(0, 120) };
}"""


class Keyboard:
    """A page, by its keys alone; ``faults`` has each stop that does not show as it should."""

    def __init__(self, page):
        self.page, self.faults = page, []

    def to(self, wanted, *, most=60):
        """Press Tab until what matches the selector has the focus."""
        for _ in range(most):
            self.page.keyboard.press("Tab")
            seen = self.page.evaluate(LOOK, wanted)
            self.faults += [f"{fault}: {seen['html']}" for fault in seen["faults"]]
            if seen["found"]:
                return
        raise AssertionError(f"no way to {wanted} on {self.page.url}")

    def press(self, key):
        self.page.keyboard.press(key)

    def go(self, wanted):
        """Reach a link or a button and follow it."""
        self.to(wanted)
        with self.page.expect_navigation():
            self.press("Enter")

    def choose(self, name, value):
        """Reach a group of radio buttons and choose one."""
        self.to(f'[name="{name}"]')
        self.press("Space")
        for _ in range(20):
            if self.page.evaluate("document.activeElement.value") == value:
                return
            self.press("ArrowDown")
        raise AssertionError(f"{value} is not to be chosen")
