"""Several processes that ask at once: threads would not do, as Python lets one at a time think."""

import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from assistant.errors import CasebookError
from assistant.evaluation.runs import Asked, Asker
from assistant.pipeline import open_assistant
from assistant.schema import EvaluationRecord, Question
from assistant.settings import Settings

# Of a worker, once it has opened: each process has its own.
_asker: list[Asker] = []
_TOGETHER = 4  # questions that a worker fetches at once


def asked_by(settings: Settings, jobs: int) -> Asked:
    """Return a way of asking that spreads over processes, each with the index and the models opened anew."""

    def asked(questions: Sequence[Question]) -> Iterator[EvaluationRecord]:
        # Spawned, not forked: the libraries of an index hold threads and locks.
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_open, initargs=(settings,))
        try:
            yield from pool.map(_ask, questions, chunksize=_TOGETHER)
        except BrokenProcessPool as error:
            raise CasebookError(
                f"One of the {jobs} processes that ask has ended, perhaps for want of memory. Take fewer --jobs."
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)

    return asked


def _open(settings: Settings) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the process that asked for all this, which decides
    _asker.append(Asker(open_assistant(settings)))


def _ask(question: Question) -> EvaluationRecord:
    return _asker[0].record(question)
