"""Accessibility of a page: violations that axe reports by the rules of WCAG 2.2 AA, and the width of the page."""

from playwright.async_api import Page, expect

from tests.browser.chromium import FRONTEND

_AXE = FRONTEND / "node_modules" / "axe-core" / "axe.min.js"
_STILL = """() => Promise.allSettled(document.getAnimations()
    .filter((animation) => animation.effect.getComputedTiming().endTime < Infinity)
    .map((animation) => animation.finished))"""
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


async def violations(page: Page) -> list[str]:
    """Return each violated rule with its elements, once the page is loaded and its animations have ended.

    The page is scrolled to its top. Otherwise, its header would cover elements.
    """
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
    await page.evaluate(_STILL)
    await page.evaluate(_AXE.read_text())  # evaluate axe, because the site's policy forbids inline script tags
    found = await page.evaluate("(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}})", _RULES)
    return [
        f"{broken['id']}: {node['html']} {node['failureSummary']}"
        for broken in found["violations"]
        for node in broken["nodes"]
    ]


async def require_accessible(page: Page) -> None:
    """Fail if axe reports a violation, or if the page is wider than its window."""
    assert await violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
