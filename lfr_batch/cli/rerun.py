"""`lfr rerun`: whether a pack's search finds the same again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lfr_batch.cli.options import ConfigOption, JsonOption, OperatorOption, SetOption, settings_of
from lfr_batch.cli.output import answer, answer_json, complain, counted, say

NOT_THE_SAME = 1


def rerun(
    pack: Annotated[Path, typer.Argument(metavar="PACK", help="As `lfr evidence` wrote it.")],
    key: Annotated[
        str | None, typer.Option("--key", help="Fingerprint that its signing key must have.")
    ] = None,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Repeat the search of an evidence pack, and say whether the rows are the same.

    The pack is verified, and models, gallery, software and footage are compared with its digests.
    Exit code 1: something differs, or could not be repeated.
    """
    from lfr_batch.evidence.verify import grouped  # noqa: PLC0415
    from lfr_batch.front.rerun import rerun as repeat  # noqa: PLC0415 - models

    done = repeat(pack, settings_of(config, overrides), key, operator)
    say(f"the pack is as it was made, signed by the key {grouped(done.key)}")
    for each in done.faults:
        complain(each)
    if as_json:
        told = [
            {"sighting_id": d.sighting_id, "column": d.column, "packed": d.packed, "now": d.now}
            for d in done.differences
        ]
        answer_json([{"same": done.is_same, "faults": done.faults, "differences": told}])
    elif not done.faults:
        of = f"{counted(len(done.sightings), 'sighting')} of run {done.run_id}"
        for difference in done.differences:
            answer(str(difference))
        answer(f"{of}: {'the same' if done.is_same else 'not the same'}")
    raise typer.Exit(0 if done.is_same else NOT_THE_SAME)
