"""The status page as people meet it: a real process, a real database, a real browser without JavaScript."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.database import fresh_database
from tests.support.status_page import CONFIGURATION, PERSONAL, filled, served

CHROMIUM = Path("/usr/bin/chromium")
WIDTHS = (1280, 400)

needs_chromium = pytest.mark.skipif(
    not CHROMIUM.exists(), reason="Chromium is not installed (Debian package chromium)"
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(filled(fresh_database()), tmp_path_factory.mktemp("workspace")) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def visit(
    browser: Browser, address: str, *, locale: str = "en-GB", width: int = 1280, scheme: str = "light"
) -> Iterator[Page]:
    context = browser.new_context(
        java_script_enabled=False,
        locale=locale,
        color_scheme=scheme,  # type: ignore[arg-type]
        viewport={"width": width, "height": 900},
    )
    page = context.new_page()
    page.goto(address)
    yield page
    context.close()


def cells(page: Page, row: str, caption: str) -> list[str]:
    """The cells of the row that begins with ``row`` in the table of that caption."""
    table = page.get_by_role("table", name=caption)
    found = table.get_by_role("row").filter(has=page.get_by_role("rowheader", name=row))
    return [text.strip() for text in found.get_by_role("cell").all_inner_texts()]


@needs_chromium
def test_the_page_speaks_the_browsers_language_and_the_one_that_is_chosen(
    browser: Browser, address: str
) -> None:
    with visit(browser, address, locale="ja-JP") as page:
        assert page.locator("html").get_attribute("lang") == "ja"
        assert page.get_by_role("heading", level=1).inner_text() == "同期の健全性"
        page.get_by_role("link", name="English").click()
        assert page.locator("html").get_attribute("lang") == "en"
        assert page.get_by_role("heading", level=1).inner_text() == "Sync health"
    with visit(browser, address, locale="fr-FR") as page:
        assert page.locator("html").get_attribute("lang") == "en"


@needs_chromium
def test_counts_of_the_last_run_are_shown_and_add_up(browser: Browser, address: str) -> None:
    with visit(browser, address) as page:
        caption = "What became of the records read"
        columns = [
            [int(text.replace(",", "")) for text in cells(page, row, caption)]
            for row in (
                "Read",
                "Created",
                "Updated",
                "Unchanged",
                "Held",
                "Rejected",
                "Waiting",
                "Left out",
                "Partner deleted",
            )
        ]
        assert columns[0] == [sum(parts) for parts in zip(*columns[1:], strict=True)]
        assert sorted(columns[0]) == [12, 1_240]
        assert cells(page, "The parts", caption) == ["add up", "add up"]


@needs_chromium
def test_errors_and_affected_records_are_counted_apart_and_explained(browser: Browser, address: str) -> None:
    with visit(browser, address) as page:
        assert cells(page, "Text is too long", "Open errors by type") == ["3", "2"]
        assert cells(page, "Invalid e-mail address", "Open errors by type") == ["1", "1"]
        assert cells(page, "In all", "Open errors by type") == ["4", "2"]
        row = page.get_by_role("rowheader", name="Text is too long").inner_text()
        assert "more characters than the target field holds" in row
        assert "Whose move: Marketing" in row
        assert "3 to Salesforce, foreseen" in row
    with visit(browser, address + "?lang=ja") as page:
        assert cells(page, "文字列が長すぎます", "同期エラー") == ["3", "2"]


@needs_chromium
def test_conflicts_show_both_values_masked_and_which_one_was_kept(browser: Browser, address: str) -> None:
    with visit(browser, address) as page:
        table = page.get_by_role("table", name="Latest conflicts")
        rows = [" ".join(text.split()) for text in table.locator("tbody tr").all_inner_texts()]
        assert len(rows) == 2
        assert any("To decide" in row and "佐•••" in row and "S•••" in row for row in rows)
        assert any("S••• Kept" in row for row in rows)


@needs_chromium
def test_each_connection_says_its_mode_its_calls_and_the_vendors_number(
    browser: Browser, address: str
) -> None:
    with visit(browser, address) as page:
        hubspot, salesforce = (" ".join(t.split()) for t in page.get_by_role("article").all_inner_texts())
        assert "Live" in hubspot
        assert "1,234 of 2,000 allotted" in hubspot
        assert "623,766 of 625,000 left" in hubspot
        assert "Read-only" in salesforce
        assert "not told yet" in salesforce
        live, reading = (
            page.get_by_role("article")
            .get_by_text(word, exact=True)
            .evaluate("it => getComputedStyle(it).color")
            for word in ("Live", "Read-only")
        )
        assert live != reading


@needs_chromium
@pytest.mark.parametrize("language", ["ja", "en"])
def test_no_personal_data_is_on_the_page(browser: Browser, address: str, language: str) -> None:
    with visit(browser, f"{address}?lang={language}") as page:
        source = page.content()
        assert [word for word in PERSONAL if word in source] == []
        assert "&lt;b&gt;refused&lt;/b&gt;" in source
        assert {"en": "500 while signing in", "ja": "サインイン中"}[language] in source
        assert "awase errors" in page.locator("footer").inner_text()


@needs_chromium
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_nothing_is_cut_off_and_nothing_is_loaded_from_elsewhere(
    browser: Browser, address: str, width: int, language: str
) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": width, "height": 900})
    page = context.new_page()
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"{address}?lang={language}")
    assert all(url.startswith(address) for url in asked)
    assert complaints == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


@needs_chromium
def test_dark_and_light_follow_the_system(browser: Browser, address: str) -> None:
    def darkness(scheme: str) -> int:
        with visit(browser, address, scheme=scheme) as page:
            colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
            return sum(int(part) for part in colour.strip("rgb()").split(","))

    assert darkness("dark") < 128 < 640 < darkness("light")


@needs_chromium
def test_which_systems_a_sync_may_write_to_stands_beside_its_name(browser: Browser, address: str) -> None:
    with visit(browser, address) as page:
        sides = page.get_by_role("region", name="people").locator(".sides").inner_text()
        assert " ".join(sides.split()) == "HubSpot contact Live ⇄ Salesforce Contact, Lead Read-only"


@needs_chromium
def test_the_keyboard_reaches_the_content_the_languages_and_wide_tables(
    browser: Browser, address: str
) -> None:
    with visit(browser, address) as page:
        focused = []
        for _ in range(6):
            page.keyboard.press("Tab")
            focused.append(" ".join(page.locator(":focus").inner_text().split()))
        assert focused[:3] == ["Skip to content", "日本語", "English"]
        assert any(text.startswith("What became of") for text in focused)
        for table in page.get_by_role("table").all():
            assert table.locator("caption").count() == 1
            assert table.locator("th:not([scope])").count() == 0


@needs_chromium
def test_an_install_that_only_observes_says_so_and_why(browser: Browser, tmp_path: Path) -> None:
    reason = "restored from a backup of 2026-04-01"
    with (
        served(filled(fresh_database(), observe_only=reason), tmp_path) as address,
        visit(browser, address + "?lang=ja") as page,
    ):
        notice = page.get_by_role("region", name="観察のみ").inner_text()
        assert reason in notice
        assert "awase db resume" in notice


@needs_chromium
def test_a_workspace_in_which_nothing_ran_yet_says_how_to_begin(browser: Browser, tmp_path: Path) -> None:
    with served(fresh_database(), tmp_path) as address, visit(browser, address) as page:
        text = page.locator("main").inner_text()
        assert "Never synced yet" in text
        assert "awase connect hubspot" in text
        assert page.get_by_role("table").count() == 1


def serve_once(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "awase.toml").write_text(CONFIGURATION, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "awase.cli.main", "serve", "-C", str(folder), *options],
        env={**os.environ, "AWASE_HOME": str(folder / "home"), "AWASE_LANG": "en"},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "example.com", ""])  # noqa: S104
def test_another_address_than_this_machines_own_is_refused_before_anything_starts(
    tmp_path: Path, host: str
) -> None:
    ended = serve_once(tmp_path, "--host", host)
    assert ended.returncode == 2
    assert "no sign-in yet" in ended.stderr
    assert "ssh -L 8010:127.0.0.1:8010" in ended.stderr
    assert not (tmp_path / "home").exists()


def test_ctrl_c_ends_it_in_good_order(tmp_path: Path) -> None:
    (tmp_path / "awase.toml").write_text(CONFIGURATION, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "awase.cli.main", "serve", "--port", "0", "-C", str(tmp_path)],
        env={
            **os.environ,
            "AWASE_DATABASE_URL": fresh_database(),
            "AWASE_HOME": str(tmp_path / "home"),
            "AWASE_LANG": "en",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert "http://127.0.0.1:" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, complaints = process.communicate(timeout=30)
    assert (process.returncode, complaints) == (0, "")
