"""Widgets on a bare page: no book, no kernel, no network.

show(widget, ...) writes the widgets' HTML to a file, opens it and returns the Playwright page, which all tests
share; the test fails at its end if the page logged an error or requested any other address. show(widget, live=True)
puts the engine beside the page, with the models of the fixture `small_models`; page.requested lists what was requested
of it. Without live, a page that requests the engine fails. A test of what a page keeps over a reload shows it
at=server.address: on a busy machine Chromium now and then gives a reloaded file an empty storage.
serve(widget, ...) shows a widget on `server`, which hands out the files of tmp_path and which a test may slow down.
"""

import contextlib
import http.server
import threading
from functools import partial
from pathlib import Path

import pytest
import torch
from packed import as_packed
from small_widgets import make_widget

from bertgpt import GPT, BERTForPreTraining, TransformerConfig, load_tokenizer
from bertgpt.model.both import Both
from bertgpt_book.widgets.engine import files

PAGE = """<!doctype html><html lang="en" data-content_root="book/"><head><meta charset="utf-8"><title>widgets</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"></head><body>{body}</body></html>"""


@pytest.fixture(scope="session")
def untrained_models():
    """Untrained models by their names in a page, with probabilities far from uniform."""
    torch.manual_seed(4)
    sizes = dict(vocab_size=load_tokenizer().vocab_size, max_len=64, d_model=16, n_layers=2, n_heads=2, d_ff=32)
    made = {
        "littlebert": BERTForPreTraining(TransformerConfig.bert(**sizes)),
        "littlegpt": GPT(TransformerConfig.gpt(**sizes)),
        "littleboth": Both(TransformerConfig.gpt(**sizes)),
    }
    for model in made.values():
        for parameter in model.eval().parameters():
            parameter.data += 0.3 * torch.randn_like(parameter)
    return made


@pytest.fixture(scope="session")
def small_models(untrained_models):
    """The same models with the weights that the page has, after quantisation."""
    return {name: as_packed(model) for name, model in untrained_models.items()}


@pytest.fixture(scope="session")
def small(small_models):
    """small("hybrid", count=6) -> a widget of these models, as small_widgets.py makes it but for what is given."""
    return lambda name, **how: make_widget(name, *small_models.values(), **how)


@pytest.fixture(scope="session")
def engine_folder(tmp_path_factory, untrained_models):
    folder = tmp_path_factory.mktemp("engine")
    files.write_files(folder, untrained_models)
    return folder


@pytest.fixture
def show(set_up, watch, tmp_path, request):
    def open_(*widgets, width=1280, live=False, at="", **media):
        file, engine, page = tmp_path / "page.html", (), set_up(width, 900, **media)
        at = at or tmp_path.as_uri()
        if live:
            (tmp_path / "book" / "_static").mkdir(parents=True)
            (tmp_path / "book" / "_static" / "engine").symlink_to(request.getfixturevalue("engine_folder"))
            engine = (f"{at}/book/_static", "blob:")
        body = "\n".join(widget._repr_mimebundle_()[0]["text/html"] for widget in widgets)
        file.write_text(PAGE.format(body=body), encoding="utf-8")
        page.requested = []
        watch.watch(page, (f"{at}/page.html", *engine))
        watch.listen(page, "request", lambda sent: sent.url.startswith(engine) and page.requested.append(sent.url))
        watch.listen(page, "dialog", lambda dialog: (page.faults.append("a token's script ran"), dialog.dismiss()))
        page.goto(f"{at}/page.html")
        page.locator(".bertgpt figure").first.wait_for()
        return page

    return open_


class Halves(http.server.SimpleHTTPRequestHandler):
    """Send a file in two halves; a test may change its last byte, and wait or break off in the middle."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        path, server = Path(self.directory) / self.path.partition("?")[0].lstrip("/"), self.server
        if not path.is_file():
            self.send_error(404)
            return
        server.sent.append(path.name)
        data = path.read_bytes()
        self.send_response(200)
        headers = {"Content-Type": self.guess_type(str(path)), "Content-Length": str(len(data))}
        for name, value in (headers | server.headers).items():
            self.send_header(name, value)
        self.end_headers()
        if path.name in server.damaged:
            data = data[:-1] + bytes([data[-1] ^ 1])
        self.wfile.write(data[: len(data) // 2])
        if gate := server.gates.get(path.name) or server.gates.get(path.name.partition(".")[0]):
            gate.wait(240)
        if path.name in server.breaks:
            self.close_connection = True
        else:
            with contextlib.suppress(ConnectionError):  # the page has hung up
                self.wfile.write(data[len(data) // 2 :])


@pytest.fixture
def server(tmp_path):
    """Serve tmp_path at `address`: sent, headers; gates, file -> the event it waits for; breaks, damaged: files."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Halves, directory=str(tmp_path))) as server:
        server.address = f"http://127.0.0.1:{server.server_port}"
        server.sent, server.headers, server.gates, server.breaks, server.damaged = [], {}, {}, set(), set()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        for gate in server.gates.values():
            gate.set()
        server.shutdown()


@pytest.fixture
def serve(show, new_context, server):
    """serve(widget, ...) -> a page with it, on the server, in a browser that has kept nothing."""

    def open_(widget, **how):
        show(widget, **how)  # which writes the page
        page = new_context().new_page()
        page.goto(f"{server.address}/page.html")
        return page

    return open_
