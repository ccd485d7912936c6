from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from lfr_batch.errors import PackDamaged, PackError, PackNotFound, StoreFull
from lfr_batch.models.store import add_pack, list_packs, load_pack, pack_names, read_pack
from tests.live.full_disk import filled, small_disk
from tests.permissions import closed, public_folder
from tests.synced import synced

from .conftest import write_manifest


def test_an_added_pack_is_complete_and_its_own(tmp_path: Path, pack_directory: Path) -> None:
    add_pack(tmp_path / "home", pack_directory)
    (pack_directory / "d.onnx").write_bytes(b"changed afterwards")
    pack = load_pack(tmp_path / "home", "small")
    assert pack.detector_path.read_bytes() == b"d.onnx"
    assert pack.embedder_path.read_bytes() == b"sub/e.onnx"
    assert pack.home == tmp_path / "home"
    assert [pack.manifest.name for pack in list_packs(tmp_path / "home")] == ["small"]


def test_an_added_pack_is_there_after_a_power_cut_too(tmp_path: Path, pack_directory: Path) -> None:
    with synced() as order:
        directory = add_pack(tmp_path, pack_directory).directory
    files = {"pack", "manifest.json", "d.onnx", "sub", "e.onnx"}
    assert {path.name for path in order[:-1]} == files
    assert order[-1] == directory.parent


def test_a_full_disk_is_said_and_leaves_nothing_behind(
    tmp_path: Path, pack_directory: Path
) -> None:
    with small_disk(tmp_path / "disk", "64k") as home:
        (home / "models").mkdir()
        with filled(home), pytest.raises(StoreFull, match="is full; free space and add the pack"):
            add_pack(home, pack_directory)
        assert list((home / "models").iterdir()) == []
        assert add_pack(home, pack_directory).detector_path.exists()


def test_adding_twice_is_fine_and_leaves_nothing_behind(
    tmp_path: Path, pack_directory: Path
) -> None:
    first = add_pack(tmp_path, pack_directory, name="mine")
    assert add_pack(tmp_path, pack_directory, name="mine") == first
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["mine"]


def test_adding_again_mends_a_damaged_pack(tmp_path: Path, pack_directory: Path) -> None:
    pack = add_pack(tmp_path, pack_directory)
    pack.detector_path.write_bytes(b"rot")
    with pytest.raises(PackDamaged):
        load_pack(tmp_path, "small")
    add_pack(tmp_path, pack_directory)
    assert load_pack(tmp_path, "small").detector_path.read_bytes() == b"d.onnx"


def test_another_pack_may_not_take_a_name(tmp_path: Path, pack_directory: Path) -> None:
    add_pack(tmp_path, pack_directory)
    (pack_directory / "d.onnx").write_bytes(b"another")
    write_manifest(pack_directory)
    with pytest.raises(PackError, match="another model pack 'small'"):
        add_pack(tmp_path, pack_directory)
    assert load_pack(tmp_path, "small").detector_path.read_bytes() == b"d.onnx"


def test_a_pack_whose_files_differ_is_not_added(tmp_path: Path, pack_directory: Path) -> None:
    (pack_directory / "d.onnx").write_bytes(b"not what the manifest says")
    with pytest.raises(PackDamaged, match=r"d\.onnx"):
        add_pack(tmp_path, pack_directory)
    assert list((tmp_path / "models").iterdir()) == []


def test_a_pack_without_one_of_its_files_is_not_added(tmp_path: Path, pack_directory: Path) -> None:
    (pack_directory / "d.onnx").unlink()
    with pytest.raises(PackError, match=r"d\.onnx"):
        add_pack(tmp_path, pack_directory)
    assert list((tmp_path / "models").iterdir()) == []


@pytest.mark.parametrize("name", ["", "../out", "a b"])
def test_a_name_that_is_no_name_is_refused(tmp_path: Path, pack_directory: Path, name: str) -> None:
    with pytest.raises(PackError, match="no name for a pack"):
        add_pack(tmp_path, pack_directory, name=name)


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PackNotFound, match="nowhere"):
        add_pack(tmp_path, tmp_path / "nowhere")


def test_a_missing_pack_names_those_there_and_the_way_out(
    tmp_path: Path, pack_directory: Path
) -> None:
    add_pack(tmp_path, pack_directory)
    with pytest.raises(PackNotFound, match=r"'large'.*'small'.*lfr models fetch open") as caught:
        load_pack(tmp_path, "large")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("name", ["..", "../small", "/etc", ""])
def test_a_name_cannot_leave_the_store(tmp_path: Path, name: str) -> None:
    with pytest.raises(PackNotFound):
        read_pack(tmp_path, name)


def test_a_missing_file_is_named(tmp_path: Path, pack_directory: Path) -> None:
    add_pack(tmp_path, pack_directory).embedder_path.unlink()
    with pytest.raises(PackDamaged, match=r"sub/e\.onnx is missing"):
        load_pack(tmp_path, "small")


def test_one_changed_bit_is_noticed(home_with_open: Path) -> None:
    path = home_with_open / "models" / "open" / "sface.onnx"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(PackDamaged, match=r"sface\.onnx.*lfr models fetch open"):
        load_pack(home_with_open, "open")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"lfr_pack": 1}', '{"lfr_pack": 9}'])
def test_a_broken_manifest_is_a_damaged_pack(tmp_path: Path, text: str) -> None:
    directory = tmp_path / "models" / "broken"
    directory.mkdir(parents=True)
    (directory / "manifest.json").write_text(text)
    with pytest.raises(PackDamaged, match="is not a pack's manifest"):
        load_pack(tmp_path, "broken")


def test_several_processes_may_add_the_same_pack(tmp_path: Path, pack_directory: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [
        context.Process(target=add_pack, args=(tmp_path / "home", pack_directory)) for _ in range(3)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    load_pack(tmp_path / "home", "small")
    assert [path.name for path in (tmp_path / "home" / "models").iterdir()] == ["small"]


def test_a_damaged_pack_hides_no_other(tmp_path: Path, pack_directory: Path) -> None:
    add_pack(tmp_path, pack_directory)
    broken = tmp_path / "models" / "broken"
    broken.mkdir()
    (broken / "manifest.json").write_text("{")
    assert [pack.manifest.name for pack in list_packs(tmp_path)] == ["small"]
    assert pack_names(tmp_path) == ["broken", "small"]
    with pytest.raises(PackNotFound, match="'broken', 'small'"):
        load_pack(tmp_path, "other")


def test_a_home_that_cannot_be_made_is_one_sentence(tmp_path: Path, pack_directory: Path) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(PackError, match="cannot be copied"):
        add_pack(tmp_path / "home", pack_directory)


@pytest.mark.parametrize(
    "what", ["models", "models/small", "models/small/manifest.json", "models/small/d.onnx", "."]
)
def test_a_pack_that_may_not_be_read_is_one_sentence(pack_directory: Path, what: str) -> None:
    with public_folder() as home:
        add_pack(home, pack_directory)
        for path in (home / "models", home / "models/small", home / "models/small/sub"):
            path.chmod(0o755)
        with closed(home / what), pytest.raises(PackError, match="check its permissions"):
            load_pack(home, "small")
        if "onnx" not in what:
            with closed(home / what), pytest.raises(PackError, match="check its permissions"):
                list_packs(home)


def test_a_closed_pack_is_still_named(pack_directory: Path) -> None:
    with public_folder() as home:
        add_pack(home, pack_directory)
        with closed(home / "models/small"):
            assert pack_names(home) == ["small"]


def test_a_directory_that_may_not_be_read_is_not_added(pack_directory: Path) -> None:
    with public_folder() as folder:
        (folder / "outer/pack").mkdir(parents=True)
        with closed(folder / "outer"), pytest.raises(PackError, match="check its permissions"):
            add_pack(folder / "home", folder / "outer/pack")
