"""How a script of runs is called: `list`, `server PORT OPTIONS`, or the name of a run."""

import asyncio
import json
import sys

from parties import serve, start_tracing
from writing import write_truth

RUNS = {}
SERVERS = {'fastmcp': serve}


def run(http: bool = True, traced: bool = True):
    """Makes a run of a function; `traced`: its own process, `http`: its outgoing requests too."""

    def register(function):
        RUNS[function.__name__.replace('_', '-')] = (function, http, traced)
        return function

    return register


def main() -> None:
    if sys.argv[1] == 'list':
        print('\n'.join(RUNS))
    elif sys.argv[1] == 'server':
        options = json.loads(sys.argv[3])
        SERVERS[options.pop('kind', 'fastmcp')](int(sys.argv[2]), **options)
    else:
        function, http, traced = RUNS[sys.argv[1]]
        provider = start_tracing('support-agent', http) if traced else None
        asyncio.run(function())
        if provider:
            provider.shutdown()
        write_truth(sys.argv[1])
