"""The tools of the compatibility tests serve here too; ensembles end with the test that made them."""
import pathlib
import shutil
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "compat"))

import ensemble  # noqa: E402
import servers  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "long: not run by default; -m 'long or not long' runs all")


def pytest_collection_modifyitems(config, items):
    if config.option.markexpr:
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="long: run with -m 'long or not long'"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows what its servers said last."""
    report = (yield).get_result()
    made = getattr(item, "ensembles", [])
    if report.failed and made:
        report.sections += [("last lines of the members", one.log_tails(40)) for one in made]
        item.keep_directory = True


@pytest.fixture
def make_ensemble(request, tmp_path):
    """make(kinds, ...) as ensemble.Ensemble; a number of kinds is that many of ours."""
    made = request.node.ensembles = []

    def make(kinds, **options):
        if isinstance(kinds, int):
            kinds = [ensemble.OKAPI] * kinds
        # With OKAPI_SERVER=java the reference takes our place, which proves the tests.
        kinds = [ensemble.our_kind() if kind == ensemble.OKAPI else kind for kind in kinds]
        one = ensemble.Ensemble(tmp_path / f"ensemble{len(made)}", kinds, **options)
        made.append(one)
        return one

    yield make
    ended = [member for one in made for member in one.unexpected_ends()]
    for one in made:
        one.close()
    if not getattr(request.node, "keep_directory", False):
        shutil.rmtree(tmp_path, ignore_errors=True)
    assert not ended, "\n".join(f"member {member.sid} ({member.kind}) ended by itself, exit code "
                                f"{member.process.returncode}\n{member.log_tail()}" for member in ended)


@pytest.fixture(scope="session")
def is_reference():
    """Whether the reference stands in for our server."""
    return servers.subject_kind() == servers.JAVA
