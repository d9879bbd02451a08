"""Opens reports in Chromium as people do, and takes their pictures: `make browser`."""

from __future__ import annotations

import argparse
import io
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
from junitparser import JUnitXml
from playwright.sync_api import Browser, Page, sync_playwright
from pypdf import PdfReader

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
PICTURES = (("partnership", 1440), ("partly-known", 1440), ("register", 360), ("register", 1440))
LOOKS = ((360, "light"), (1440, "light"), (1440, "dark"))
#: The rules of WCAG 2.0 to 2.2 at A and AA, and what is held to be good practice.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
MOST_PAGES_OF_A_PLAN = 4
REPORTS = {
    "partnership": "high-tier-pool-without-arrangements.yaml",
    "partly-known": "digital-technology-centre.yaml",
    "register": "example-register.yaml",
}


class Failures:
    """What is wrong, said as it is met."""

    def __init__(self) -> None:
        self.number = 0
        self.checks = 0

    def check(self, what: str, ok: bool, told: object = "") -> None:
        self.checks += 1
        if not ok:
            self.number += 1
            print(f"  not so: {what}{f': {told}' if told else ''}")


def made(folder: Path, govrules: str) -> dict[str, Path]:
    """Write each report, a second one of the register, so that something has changed since."""
    saved = folder / "saved"
    saved.mkdir()
    earlier = folder / "earlier.yaml"
    text = (EXAMPLES / REPORTS["register"]).read_text(encoding="utf-8")
    earlier.write_text(text.replace("as_of: 2026-01-31", "as_of: 2025-07-31"), encoding="utf-8")
    run(govrules, "check", earlier, "--save", saved)
    for name, example in REPORTS.items():
        more = ("--save", saved) if name == "register" else ()
        run(
            govrules,
            "check",
            EXAMPLES / example,
            "--format",
            "html",
            *more,
            "--output",
            folder / f"{name}.html",
        )
    return {name: folder / f"{name}.html" for name in REPORTS}


def run(govrules: str, *words: object) -> None:
    done = subprocess.run([govrules, *map(str, words)], check=False, capture_output=True, text=True)
    if done.returncode not in (0, 1) or done.stderr.startswith("Traceback"):
        sys.exit(f"govrules {words}: {done.stderr}")


def opened(browser: Browser, path: Path, failures: Failures, **about: Any) -> Page:
    """Open a page, and watch what it says and asks for."""
    context = browser.new_context(**about)
    page = context.new_page()
    page.on("console", lambda said: failures.check("no message of the console", False, said.text))
    page.on("pageerror", lambda error: failures.check("no error of a script", False, error))
    page.on(
        "request",
        lambda asked: failures.check(
            "no request to a network", asked.url.startswith("file:"), asked.url
        ),
    )
    page.goto(path.as_uri())
    return page


def looks(browser: Browser, name: str, path: Path, axe: str, failures: Failures) -> None:
    """Hold a page to what is asked of it at each width and in each scheme."""
    for width, scheme in LOOKS:
        page = opened(
            browser, path, failures, color_scheme=scheme, viewport={"width": width, "height": 900}
        )
        about = f"{name}, {scheme}, {width} px"
        for fold in (True, False):
            wide = page.evaluate("document.scrollingElement.scrollWidth")
            failures.check(f"{about}: nothing to scroll sideways", wide <= width, wide)
            if fold:
                page.evaluate("document.querySelectorAll('details').forEach(it => it.open = true)")
        page.evaluate(axe)
        found = page.evaluate(
            "tags => axe.run(document, {resultTypes: ['violations'], "
            "runOnly: {type: 'tag', values: tags}})",
            TAGS,
        )
        for each in found["violations"]:
            where = [node["html"][:160] for node in each["nodes"][:2]]
            failures.check(f"{about}: {each['id']} ({each['help']})", False, where)
        failures.check(f"{about}: axe-core ran", len(found["passes"]) > 10)
        page.context.close()


def works(browser: Browser, paths: dict[str, Path], failures: Failures) -> None:
    """Sort, filter and fold the page of a register, by mouse and by keyboard."""
    page = opened(browser, paths["register"], failures, viewport={"width": 1440, "height": 900})
    rows = page.locator("table.all tbody tr")
    names = page.locator("table.all tbody tr:not([hidden]) th")
    number = rows.count()
    first = names.first.inner_text()
    failures.check("each partnership has a row", number == 20, number)
    page.get_by_role("button", name="Partnership", exact=True).click()
    by_name = names.all_inner_texts()
    failures.check("sorted by name", by_name == sorted(by_name, key=str.casefold), by_name[:3])
    page.get_by_role("button", name="Not known").press("Enter")
    told = page.locator("table.all tbody tr td[data-label='Not known']").evaluate_all(
        "cells => cells.map(cell => Number(cell.dataset.value))"
    )
    failures.check("sorted by number, most first", told == sorted(told, reverse=True), told)
    failures.check(
        "the order is told",
        page.locator("table.all th[aria-sort=descending]").inner_text().startswith("Not known"),
    )
    page.get_by_role("combobox", name="Gravest finding").select_option("critical")
    critical = page.locator("table.all tbody tr[data-level=critical]").count()
    failures.check("filtered by level", 0 < names.count() == critical < 20, names.count())
    page.get_by_role("combobox", name="Gravest finding").select_option("")
    page.get_by_role("searchbox").fill("homeless")
    failures.check("filtered by text", names.count() == 1, names.all_inner_texts())
    said = page.locator(".controls output").inner_text()
    failures.check("the number shown is told", said == f"1 of {number} shown", said)
    page.get_by_role("searchbox").fill("")
    page.get_by_role("combobox", name="Sort by").select_option("")
    failures.check("as at first", names.first.inner_text() == first)
    page.context.close()

    page = opened(browser, paths["partnership"], failures, viewport={"width": 1440, "height": 900})
    link = page.locator(".for a").first
    wanted = link.get_attribute("href") or ""
    folded = page.locator(wanted)
    failures.check("findings are folded", folded.get_attribute("open") is None)
    link.click()
    failures.check("a link opens what it points to", folded.get_attribute("open") is not None)
    folded.locator("summary").press("Enter")
    failures.check("folded by keyboard", folded.get_attribute("open") is None)
    page.keyboard.press("Tab")
    page.context.close()

    page = opened(
        browser,
        paths["register"],
        failures,
        java_script_enabled=False,
        viewport={"width": 360, "height": 900},
    )
    failures.check(
        "without script the table is whole", page.locator("table.all tbody tr").count() == 20
    )
    shown = page.locator("#all ~ .controls").is_visible()
    failures.check("without script no control is shown that does nothing", not shown)
    page.context.close()


def prints(browser: Browser, paths: dict[str, Path], failures: Failures) -> Iterator[str]:
    """Print each page, and count the sheets of a summary and plan."""
    for name, path in paths.items():
        page = opened(browser, path, failures)
        sheets = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages
        # Each sheet begins with its number.
        texts = [each.extract_text().partition("\n")[2] for each in sheets]
        ends = ("Findings by theme", "Questions to answer", "Good practice met", "One by one")
        before = next(place for place, text in enumerate(texts) if text.lstrip().startswith(ends))
        yield f"{name}: {len(sheets)} sheets, {before} of them the summary and plan"
        if name != "register":
            few = 0 < before <= MOST_PAGES_OF_A_PLAN
            failures.check(f"{name}: summary and plan on 4 sheets", few, before)
        failures.check(
            f"{name}: what is folded is printed",
            any("Because" in text or "more" in text for text in texts),
        )
        page.context.close()


def pictures(browser: Browser, paths: dict[str, Path], folder: Path, failures: Failures) -> None:
    """Take the pictures that the documentation shows."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, width in PICTURES:
        height = 1000 if width > 1000 else 780
        page = opened(browser, paths[name], failures, viewport={"width": width, "height": height})
        page.screenshot(path=folder / f"{name}-{width}.png")
        page.context.close()


def fits_sarif(folder: Path, schema: Path, govrules: str, failures: Failures) -> None:
    """Hold the SARIF of each example to the schema of OASIS."""
    rules = json.loads(schema.read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(rules)(rules)
    for example in REPORTS.values():
        output = folder / "report.sarif"
        run(govrules, "check", EXAMPLES / example, "--format", "sarif", "--output", output)
        found = [*validator.iter_errors(json.loads(output.read_text(encoding="utf-8")))]
        failures.check(f"{example}: SARIF 2.1.0", not found, [each.message for each in found[:2]])


def fits_junit(folder: Path, govrules: str, failures: Failures) -> None:
    """Read the JUnit of each example, and set its numbers beside its cases."""
    for example in REPORTS.values():
        output = folder / "report.xml"
        run(govrules, "check", EXAMPLES / example, "--format", "junit", "--output", output)
        read = JUnitXml.fromfile(str(output))
        cases = [case for suite in read for case in suite]
        failed = sum(
            any(each.type for each in case.result if hasattr(each, "type")) for case in cases
        )
        failures.check(f"{example}: JUnit", read.tests == len(cases) > 0, (read.tests, len(cases)))
        failures.check(
            f"{example}: JUnit failures", read.failures == failed, (read.failures, failed)
        )


def timed(what: str, act: Callable[[], object]) -> None:
    began = time.monotonic()
    act()
    print(f"{what}: {time.monotonic() - began:.1f} s")


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--govrules", default="govrules", help="the command")
    asked.add_argument("--modules", type=Path, required=True, help="where npm put its modules")
    asked.add_argument("--quick", action="store_true", help="without axe-core")
    asked.add_argument("--pictures", type=Path, help="take pictures into this folder, and no more")
    given = asked.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("Chromium is not installed: `apt-get install chromium`")
        return 1
    failures = Failures()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        paths = made(folder, given.govrules)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        if given.pictures:
            pictures(browser, paths, given.pictures, failures)
            return 1 if failures.number else 0
        axe = (given.modules / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
        for kind, path in () if given.quick else paths.items():
            timed(f"{kind}, {LOOKS}", lambda k=kind, p=path: looks(browser, k, p, axe, failures))
        timed("sorting, filtering, folding", lambda: works(browser, paths, failures))
        for line in prints(browser, paths, failures):
            print(line)
        schema = given.modules / "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"
        timed("SARIF", lambda: fits_sarif(folder, schema, given.govrules, failures))
        timed("JUnit", lambda: fits_junit(folder, given.govrules, failures))
        browser.close()
    print(f"{failures.checks} checks, {failures.number} not so")
    return 1 if failures.number else 0


if __name__ == "__main__":
    sys.exit(main())
