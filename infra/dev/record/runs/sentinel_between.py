"""What the Sentinel proxy sends comes over gRPC: a receiver that passes it on over HTTP."""

import contextlib
import os
import urllib.request
from concurrent import futures

import grpc

SERVICE = 'opentelemetry.proto.collector.{0}.v1.{1}Service'
SIGNALS = {'traces': ('trace', 'Trace'), 'logs': ('logs', 'Logs'), 'metrics': ('metrics', 'Metrics')}


def passes_on(signal: str):
    def export(body: bytes, _) -> bytes:
        headers = {'content-type': 'application/x-protobuf'}
        url = f'{os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"]}/v1/{signal}'
        with urllib.request.urlopen(urllib.request.Request(url, body, headers)):
            return b''

    package, service = SIGNALS[signal]
    handler = grpc.unary_unary_rpc_method_handler(export)
    return grpc.method_handlers_generic_handler(SERVICE.format(package, service), {'Export': handler})


@contextlib.contextmanager
def receiving():
    """Gives the address for the proxy's exporters."""
    server = grpc.server(futures.ThreadPoolExecutor(2), handlers=[passes_on(signal) for signal in SIGNALS])
    port = server.add_insecure_port('127.0.0.1:0')
    server.start()
    try:
        yield f'http://127.0.0.1:{port}'
    finally:
        server.stop(5).wait()
