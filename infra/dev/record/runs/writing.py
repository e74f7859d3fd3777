"""What all who took part in a run have noted, as one file."""

import json
import pathlib


def write_truth(name: str) -> None:
    """`truth.json`: the calls, and which spans are each one's. Raises where the notes contradict each other."""
    calls: dict[str, dict] = {}
    spans: dict[str, str] = {}
    for file in sorted(pathlib.Path('.').glob('witness-*.jsonl')):
        for line in file.read_text().splitlines():
            said = json.loads(line)
            if 'span' in said:
                if spans.setdefault(said['span'], said['ref']) != said['ref']:
                    raise ValueError(f"{name}: {said['span']} is of {spans[said['span']]} and of {said['ref']}")
            else:
                calls.setdefault(said.pop('call'), {}).update(said)
    unknown = set(spans.values()) - set(calls)
    if unknown:
        raise ValueError(f'{name}: nobody made {unknown}')
    pathlib.Path('truth.json').write_text(json.dumps({'calls': dict(sorted(calls.items())), 'spans': spans}, indent=1) + '\n')
