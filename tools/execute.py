"""Execute the chapters, as many at a time as there are cores, into the cache that the book is built from.

python tools/execute.py
"""

import argparse
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from joblib import cpu_count
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.executors.utils import single_nb_execution
from stale import notebook_cache

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT = 300  # seconds a cell, as in _config.yml


def execute(path: Path):
    """Run one notebook in its own folder: -> the executed notebook, its seconds, the traceback or None."""
    ran = single_nb_execution(nbformat.read(path, as_version=4), str(path.parent), TIMEOUT, allow_errors=False)
    return path, ran.nb, ran.time, ran.exc_string


def main() -> int:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    folder, failed = notebook_cache(ROOT, ROOT / "_build"), 0
    cache = get_cache(folder)
    waiting = []
    for path in sorted((ROOT / "chapters").glob("*.ipynb")):
        try:
            cache.match_cache_notebook(nbformat.read(path, as_version=4))
        except KeyError:
            waiting.append(path)
    with ThreadPoolExecutor(cpu_count()) as pool:  # that this process may use: in a container few of the machine's
        for path, notebook, seconds, traceback in pool.map(execute, waiting):
            if traceback:
                failed += 1
                print(f"{path.name}: a cell failed\n{traceback}", file=sys.stderr)
                continue
            bundle = CacheBundleIn(notebook, str(path), data={"execution_seconds": seconds})
            cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
            print(f"{path.name}: {seconds:.1f} s", flush=True)
    for old in folder.parent.glob(".jupyter_cache-*"):
        if old != folder and not failed:
            shutil.rmtree(old)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
