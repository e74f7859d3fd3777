"""
Records runs of which is known what really happened: `python3 infra/dev/record/record_runs.py [RUN ...]`, all of `runs/` without a name.

Each script of `runs/` with lines `# requires:` knows several runs. What its processes export, and `truth.json`, which they write themselves, is written
over `test/fixtures/runs/<RUN>`.
"""

import os
import shutil
import subprocess
import sys

from record import HERE, SECONDS, WORK, environment
from recorder import Recorder

RUNS = HERE.parents[2] / 'test' / 'fixtures' / 'runs'


def record(script, folder, name: str) -> int:
    work, fresh = WORK / f'run-{name}', WORK / f'run-{name}-recorded'
    for each in (work, fresh):
        shutil.rmtree(each, ignore_errors=True)
        each.mkdir(parents=True)
    for source in (*HERE.glob('runs/*.py'), *HERE.glob('shared/*.py')):
        shutil.copy(source, work)
    shutil.copy(script, work / 'run.py')
    recorder = Recorder(fresh)
    env = {
        'PATH': os.environ['PATH'],
        'HOME': str(work),
        'OTEL_EXPORTER_OTLP_ENDPOINT': recorder.url,
        'OTEL_EXPORTER_OTLP_PROTOCOL': 'http/protobuf',
        'OTEL_RESOURCE_ATTRIBUTES': 'host.name=agent-01',
        'OTEL_BSP_SCHEDULE_DELAY': '600000',
        'OTEL_SEMCONV_STABILITY_OPT_IN': 'http',
    }
    try:
        subprocess.run([folder / 'bin' / 'python', 'run.py', name], check=True, cwd=work, env=env, timeout=SECONDS)
    finally:
        recorder.stop()
    shutil.copy(work / 'truth.json', fresh)
    shutil.rmtree(RUNS / name, ignore_errors=True)
    shutil.copytree(fresh, RUNS / name)
    return recorder.count


def names_in(script, folder) -> list[str]:
    env = {'PATH': os.environ['PATH'], 'PYTHONPATH': f'{HERE}/runs:{HERE}/shared', 'PYTHONDONTWRITEBYTECODE': '1'}
    listed = subprocess.run([folder / 'bin' / 'python', script, 'list'], check=True, env=env, capture_output=True, text=True)
    return listed.stdout.split()


if __name__ == '__main__':
    for script in sorted(path for path in HERE.glob('runs/*.py') if '# requires:' in path.read_text()):
        folder = environment(f'runs-{script.stem}', script)
        for name in names_in(script, folder):
            if not sys.argv[1:] or name in sys.argv[1:]:
                print(f'{name}: {record(script, folder, name)} bodies')
