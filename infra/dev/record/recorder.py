"""An OTLP/HTTP receiver that writes every request body as it came, with its headers beside it."""

import gzip
import json
import pathlib
import platform
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# What says nothing about the emitter, or speaks of the wire's form, which the recorder has undone.
DROPPED = {'content-encoding', 'transfer-encoding', 'authorization'}
# The kernel of whoever records, and what stands for it: of the same length, so that lengths in the body stay right.
KERNEL = platform.release().encode()
INVENTED = b'6.1.0-0-test'.ljust(len(KERNEL), b'0')[: len(KERNEL)]


class Recorder:
    """Listens on a free port of loopback and writes `NNN_v1_<signal>.bin` and `.headers.json` into `folder`."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.count = 0
        self.lock = threading.Lock()
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                chunked = 'chunked' in self.headers.get('transfer-encoding', '')
                body = self.chunks() if chunked else self.rfile.read(int(self.headers.get('content-length', 0)))
                if self.headers.get('content-encoding') == 'gzip':
                    body = gzip.decompress(body)
                recorder.write(self.path, {key.lower(): value for key, value in self.headers.items()}, body)
                self.send_response(200)
                self.send_header('content-type', self.headers.get('content-type', 'application/x-protobuf'))
                self.send_header('content-length', '0')
                self.end_headers()

            def chunks(self) -> bytes:
                body = b''
                while size := int(self.rfile.readline().split(b';')[0], 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return body

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f'http://127.0.0.1:{self.server.server_address[1]}'

    def write(self, path: str, headers: dict[str, str], body: bytes) -> None:
        signal = path.rstrip('/').rsplit('/', 1)[-1]
        if signal not in ('traces', 'logs', 'metrics'):
            return
        kept = {key: value for key, value in headers.items() if key not in DROPPED}
        kept.update({'host': '127.0.0.1:4318', 'content-length': str(len(body))})
        with self.lock:
            self.count += 1
            stem = self.folder / f'{self.count:03}_v1_{signal}'
            stem.with_suffix('.bin').write_bytes(body.replace(KERNEL, INVENTED))
            stem.with_suffix('.headers.json').write_text(json.dumps(kept, indent=1) + '\n')

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
