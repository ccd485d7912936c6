"""The worker: opened once in its process, then one segment after another."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from threading import Thread

import cv2

from lfr_batch.config.schema import Config
from lfr_batch.errors import EngineError, LfrError, StoreAway
from lfr_batch.footage.decoders import Decoding, decoder_of
from lfr_batch.footage.open import open_segment
from lfr_batch.footage.segments import believed_s
from lfr_batch.footage.stillness import Stillness
from lfr_batch.gallery.faiss_index import use_threads
from lfr_batch.logs import about
from lfr_batch.models.planned import models_digest
from lfr_batch.planes import Scaler
from lfr_batch.recognition.search import Search, SearchSpec, on_gpu, open_searches
from lfr_batch.recognition.settle import in_words_here, settle_decoder
from lfr_batch.records import Decoder, Segment, SegmentOutcome, SegmentStatus
from lfr_batch.results import shards
from lfr_batch.results.shards import write_shard
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.scanning.segment import SegmentResult, scan_segment
from lfr_batch.tracks import association
from lfr_batch.unexpected import trace, unexpected
from lfr_batch.work.child_process import this_host
from lfr_batch.work.lending import Lend
from lfr_batch.work.limits import Limits
from lfr_batch.work.machine import item_limits
from lfr_batch.work.privacy import protect_files

logger = logging.getLogger(__name__)

DECODER_THREADS = 1
"""FFmpeg's frame threads cost a third more processor time, which inference can use better; and
what is decoded may not depend on how many threads a worker has."""


@dataclass(frozen=True, slots=True)
class WorkerSpec:
    """All a worker needs to open itself on any machine that sees the same home; picklable."""

    search: SearchSpec
    results_root: str
    run_id: str
    epoch: str
    """Of the run's holder: sightings are written under it."""

    @property
    def config(self) -> Config:
        return self.search.config

    @property
    def threads(self) -> int:
        return self.config.engine.threads

    @property
    def limits(self) -> Limits:
        """Of a segment."""
        settled = self.search.settled
        return item_limits(self.config, settled.device if settled else "cpu")

    def media_s(self, segments: Sequence[Segment]) -> float:
        return sum(map(believed_s, segments))

    @property
    def together(self) -> int:
        """Segments that it has at once."""
        return max(1, self.config.engine.segments_per_worker)


ProcessSegment = Callable[[Segment], SegmentOutcome]
"""May be called from as many threads at once as the spec says."""


@dataclass(frozen=True, slots=True)
class SegmentSearcher:
    """Searches segments with models and a gallery that were opened once in this process."""

    lend: Lend[Search]
    config: Config
    decoder: Decoder
    beside: bool
    """Whether frames are decoded in a thread of their own."""
    threads: int
    """Of each segment that is searched at once."""

    def __call__(
        self, segment: Segment, search: Search, decoder: Decoder | None = None
    ) -> SegmentResult:
        """``search``: as it was lent. Raises as ``open_segment`` and ``scan_segment``."""
        footage, by = self.config.footage, decoder or self.decoder
        stillness = Stillness() if footage.motion.skips_groups and segment.views == 1 else None
        # Which camera a frame is of shows when it is decoded.
        sample_fps = footage.sample_fps if segment.views == 1 else 0.0
        how = _decoding(segment, by, search.stages.scaler, stillness, sample_fps)
        with closing(open_segment(segment, self.config.s3, how)) as frames:
            result = scan_segment(segment, frames, search, stillness, beside=self.beside)
        faulty = result.outcome.error or result.outcome.unsearched
        if faulty and decoder_of(segment, by) == "nvdec":
            # Of damage a GPU's decoder shows other pictures or none, and knows less to say. Cameras
            # that pause are searched twice: nothing tells a pause from frames that were lost.
            return self(segment, search, "cpu")
        return result


def open_searcher(spec: SearchSpec, threads: int, together: int) -> SegmentSearcher:
    """``together``: segments that are searched at once. Raises as ``open_searches``."""
    protect_files()
    # Before anything else uses the GPU.
    decoder = settle_decoder(spec.config)
    # OpenCV's threads are all threads' together, FAISS' each one's own.
    share = max(1, threads // together)
    cv2.setNumThreads(share)
    preparing = Thread(target=_prepare)
    preparing.start()
    lend = open_searches(spec, threads, together)
    preparing.join()
    # What a GPU waits for, it does not wait for on a core.
    return SegmentSearcher(lend, spec.config, decoder, share > 1 or on_gpu(spec), share)


def open_worker(spec: WorkerSpec) -> ProcessSegment:
    """Load the models and the gallery. Raises any LfrError that makes the whole run impossible."""
    searched = open_searcher(spec.search, spec.threads, spec.together)
    run = StoredRun(open_store(spec.results_root, spec.config.s3), spec.run_id)
    with searched.lend() as first:
        signed = partial(replace, **_signature(spec.search, first))

    def process(segment: Segment) -> SegmentOutcome:
        """Search a segment and write its shard. A StoreAway means that nothing was read or written
        for the time being, any other StoreError that nothing can be written."""
        use_threads(searched.threads)
        try:
            with searched.lend() as search:
                result = searched(segment, search)
        except (EngineError, StoreAway):
            # It is not the segment's fault: the run ends with the sentence, and can be resumed, or
            # waits until the store answers.
            raise
        except LfrError as error:
            again: SegmentStatus = "quarantined" if error.retryable else "failed"
            return signed(failed(segment, str(error), again))
        except Exception as error:  # noqa: BLE001 - one segment's surprise must not end the run
            logger.warning("%s: %s", segment.uri, trace(error))
            return signed(failed(segment, f"{segment.uri}: {unexpected(error)}"))
        write_shard(run, spec.epoch, segment.segment_id, result.sightings)
        return signed(result.outcome, epoch=spec.epoch)

    return partial(_logged, process, spec.run_id)


def _decoding(
    segment: Segment,
    decoder: Decoder,
    scaler: Scaler | None,
    stillness: Stillness | None,
    sample_fps: float,
) -> Decoding:
    # What NVDEC may give back to FFmpeg is gated like the rest of its footage.
    on_gpu = decoder_of(segment, decoder) == "nvdec"
    return Decoding(
        decoder=decoder,
        threads=DECODER_THREADS,
        sample_fps=sample_fps,
        stillness=stillness,
        cells=scaler.cells if scaler and on_gpu else None,
    )


def _logged(process: ProcessSegment, run_id: str, segment: Segment) -> SegmentOutcome:
    """What is logged meanwhile says which segment it is about."""
    with about(run_id=run_id, segment_id=segment.segment_id):
        logger.info("%s from %.1f s begins", segment.uri, segment.start_s)
        outcome = process(segment)
        logger.info("%s in %.1f s", outcome.status, outcome.wall_s)
        return outcome


def _signature(spec: SearchSpec, search: Search) -> dict[str, str | None]:
    """What every receipt of a worker says of it."""
    with_, settled = search.opened_with, spec.settled
    return {
        "host": this_host(),
        "software": with_.software if with_ else None,
        "models": models_digest(with_) if with_ else None,
        "computed_on": in_words_here(settled) if settled else None,
    }


def _prepare() -> None:
    association.prepare()
    shards.prepare()


def failed(segment: Segment, error: str, status: SegmentStatus = "failed") -> SegmentOutcome:
    return SegmentOutcome(
        segment_id=segment.segment_id,
        footage_id=segment.footage_id,
        start_s=segment.start_s,
        end_s=segment.end_s,
        status=status,
        attempt=segment.attempt,
        error=error,
    )
