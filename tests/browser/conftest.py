"""A real server and a real Chromium the size of a telephone; anything the browser complains of fails the test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, expect

from tests.browser.site import Site, load_demo

PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
    "locale": "zh-CN",
    "timezone_id": "Asia/Shanghai",
}
# Nothing on our pages takes longer, even on a busy machine.
PATIENCE = 15_000
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, object]:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    assert found, f"the browser tests need one of {names} on the PATH"
    return {"executable_path": found, "args": ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]}


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, object]:
    return dict(PHONE)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo, loaded once; every module works on a copy."""
    folder = tmp_path_factory.mktemp("demo")
    load_demo(folder)
    return folder


@pytest.fixture(scope="module")
def copy(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(demo, tmp_path_factory.mktemp("site") / "data"))


@pytest.fixture(scope="module")
def site(copy: Path, request: pytest.FixtureRequest) -> Iterator[Site]:
    """The module's own server; a module that says `SHIFTED = True` may set its clock."""
    site = Site(copy, shifted=getattr(request.module, "SHIFTED", False))
    site.start()
    yield site
    site.stop()


class Watch:
    """Collects what must not happen in any page of a context."""

    def __init__(self, context: BrowserContext, host: str) -> None:
        self.host = host
        self.faults: list[str] = []
        context.on("console", self._console)
        context.on("weberror", lambda error: self.faults.append(f"uncaught: {error.error}"))
        context.on("request", self._request)
        context.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        # A page that answers 4xx is reported here too; those are judged by their status below.
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            self.faults.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        if urlsplit(request.url).netloc != self.host:
            self.faults.append(f"left the site: {request.url}")

    def _response(self, response: Response) -> None:
        refused = response.status >= 400 and response.request.resource_type != "document"
        if refused or response.status >= 500:
            self.faults.append(f"{response.status}: {response.url}")


@pytest.fixture
def new_context(
    new_context: Callable[..., BrowserContext], site: Site
) -> Iterator[Callable[..., BrowserContext]]:
    """A browser of one person, watched."""
    watches: list[Watch] = []

    def open_context(**options: object) -> BrowserContext:
        context = new_context(base_url=site.url, **options)
        context.set_default_timeout(PATIENCE)
        watches.append(Watch(context, urlsplit(site.url).netloc))
        return context

    yield open_context
    assert [fault for watch in watches for fault in watch.faults] == []


def sign_in(page: Page, name: str) -> None:
    page.goto("/demo")
    page.get_by_role("button", name=f"以{name}的身份登录").click()


@pytest.fixture(scope="module")
def readers(
    browser: Browser, browser_context_args: dict[str, object], site: Site
) -> Iterator[Callable[[str], tuple[Page, Watch]]]:
    """`readers("陈洁")` is her page and its watch, the same for the whole module: she signs in and fetches the styles once."""
    known: dict[str, tuple[Page, Watch]] = {}

    def reader(name: str) -> tuple[Page, Watch]:
        if name not in known:
            context = browser.new_context(**browser_context_args, base_url=site.url)
            context.set_default_timeout(PATIENCE)
            known[name] = context.new_page(), Watch(context, urlsplit(site.url).netloc)
            sign_in(known[name][0], name)
        return known[name]

    yield reader
    for page, _ in known.values():
        page.context.close()


Sign = Callable[..., Page]


@pytest.fixture
def signed_in(new_context: Callable[..., BrowserContext], site: Site) -> Sign:
    """`signed_in("陈洁")` is a page of her browser; cookies such as `size="large"` and options of a context may follow."""

    def sign(name: str, *, cookies: dict[str, str] | None = None, **options: object) -> Page:
        known = site.states.get(name)
        context = new_context(**({"storage_state": known} if known else {}), **options)
        page = context.new_page()
        if not known:
            sign_in(page, name)
            site.states[name] = context.storage_state()
        choose(context, site, cookies or {})
        return page

    return sign


def choose(context: BrowserContext, site: Site, cookies: dict[str, str]) -> None:
    """What the buttons for size, colours and language leave in the browser."""
    if cookies:
        context.add_cookies(
            [{"name": name, "value": value, "url": site.url} for name, value in cookies.items()]
        )
