"""
Records what MCP emitters really send: `python3 infra/dev/record/record.py [NAME ...]`, all of them without a name.

Each script of `emitters/` says in lines `# requires:` which packages it needs. They are installed into an environment of their own below
a temporary folder, the scripts are copied there (their paths are in what some emitters send), and what they export is written over
`test/fixtures/otlp/<NAME>`. Needs a package registry, so it is run by hand and never by the tests.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from recorder import Recorder

HERE = pathlib.Path(__file__).resolve().parent
FIXTURES = HERE.parents[2] / 'test' / 'fixtures' / 'otlp'
WORK = pathlib.Path(tempfile.gettempdir()) / 'watchkeeper-record'
SECONDS = 120


def environment(name: str, script: pathlib.Path) -> pathlib.Path:
    """The Python of the script's own environment; one that is there with the same requirements is used again."""
    requirements = re.findall(r'^# requires: (.+)$', script.read_text(), re.MULTILINE)
    folder = WORK / f'{name}-env'
    said = folder / 'requirements.txt'
    if not said.exists() or said.read_text().splitlines() != requirements:
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, '-m', 'venv', folder], check=True)
        subprocess.run([folder / 'bin' / 'pip', 'install', '-q', '--disable-pip-version-check', *requirements], check=True)
        said.write_text('\n'.join(requirements) + '\n')
    return folder / 'bin' / 'python'


def record(name: str) -> int:
    script = HERE / 'emitters' / f'{name}.py'
    python = environment(name, script)
    work = WORK / name
    fresh = WORK / f'{name}-recorded'
    for folder in (work, fresh):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    for source in (script, *HERE.glob('shared/*.py')):
        shutil.copy(source, work)
    recorder = Recorder(fresh)
    env = {
        'PATH': os.environ['PATH'],
        'HOME': str(work),
        'OTEL_EXPORTER_OTLP_ENDPOINT': recorder.url,
        'OTEL_EXPORTER_OTLP_PROTOCOL': 'http/protobuf',
        'OTEL_RESOURCE_ATTRIBUTES': 'host.name=agent-01,deployment.environment.name=test',
        'OTEL_BSP_SCHEDULE_DELAY': '600000',
    }
    try:
        subprocess.run([python, work / script.name], check=True, cwd=work, env=env, timeout=SECONDS)
    finally:
        recorder.stop()
    shutil.rmtree(FIXTURES / name, ignore_errors=True)
    shutil.copytree(fresh, FIXTURES / name)
    return recorder.count


if __name__ == '__main__':
    for each in sys.argv[1:] or sorted(path.stem for path in (HERE / 'emitters').glob('*.py')):
        print(f'{each}: {record(each)} bodies')
