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
    """The script's own environment; one that is there with the same requirements is used again."""
    requirements = re.findall(r'^(?:#|//) requires: (.+)$', script.read_text(), re.MULTILINE)
    folder = WORK / f'{name}-env'
    said = folder / 'requirements.txt'
    if not said.exists() or said.read_text().splitlines() != requirements:
        shutil.rmtree(folder, ignore_errors=True)
        if script.suffix == '.py':
            subprocess.run([sys.executable, '-m', 'venv', folder], check=True)
            subprocess.run([folder / 'bin' / 'pip', 'install', '-q', '--disable-pip-version-check', *requirements], check=True)
        else:
            folder.mkdir(parents=True)
            subprocess.run(['npm', 'install', '--silent', '--prefix', folder, *requirements], check=True)
        said.write_text('\n'.join(requirements) + '\n')
    return folder


def command(script: pathlib.Path, folder: pathlib.Path, work: pathlib.Path) -> list:
    """Copied under a name that no package has, beside what it imports."""
    copy = work / f'emitter{script.suffix}'
    shutil.copy(script, copy)
    if script.suffix == '.py':
        for source in HERE.glob('shared/*.py'):
            shutil.copy(source, work)
        return [folder / 'bin' / 'python', copy]
    for source in HERE.glob('shared/*.mjs'):
        shutil.copy(source, work)
    (work / 'node_modules').symlink_to(folder / 'node_modules')
    return ['node', copy]


def record(name: str) -> int:
    script = next(HERE.glob(f'emitters/{name}.*'))
    folder_of_packages = environment(name, script)
    work = WORK / name
    fresh = WORK / f'{name}-recorded'
    for folder in (work, fresh):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
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
        subprocess.run(command(script, folder_of_packages, work), check=True, cwd=work, env=env, timeout=SECONDS)
    finally:
        recorder.stop()
    shutil.rmtree(FIXTURES / name, ignore_errors=True)
    shutil.copytree(fresh, FIXTURES / name)
    return recorder.count


if __name__ == '__main__':
    for each in sys.argv[1:] or sorted(path.stem for path in (HERE / 'emitters').glob('*.*')):
        print(f'{each}: {record(each)} bodies')
