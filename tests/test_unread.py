"""A recorded fact that no rule in force reads is named, so that silence is no pass."""

from __future__ import annotations

from govrules import Funding, Partner, Partnership, load_rulebook
from govrules.cli import main
from govrules.model import OrganisationKind, Pool
from govrules.rulebook.reads import unread

POOL = Partnership(
    name="Care pool",
    funding=Funding(pooled=True),
    pool=Pool(vat_settled=False),
    partners=(Partner(name="A", kind=OrganisationKind.CHARITY), Partner(name="B")),
)


def test_a_fact_of_a_pack_that_is_not_loaded_is_named():
    found = unread(POOL, load_rulebook("governing-partnerships"))
    assert found == ("pool.vat_settled",)


def test_all_shipped_packs_together_read_it():
    assert unread(POOL, load_rulebook()) == ()


def test_the_command_says_so(tmp_path, capsys):
    path = tmp_path / "pool.yaml"
    path.write_text("govrules: 1\nname: Pool\nfunding.pooled: yes\npool.vat_settled: no\n")
    main(["check", str(path), "--rules", "governing-partnerships"])
    unread = "Recorded, but read by no check: whether the treatment of VAT is settled.\n"
    assert unread in capsys.readouterr().out
    main(["check", str(path)])
    assert "read by no check" not in capsys.readouterr().out
