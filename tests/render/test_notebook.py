from govrules import Funding, Partnership, Register, assess, assess_register, load_rulebook

RULEBOOK = load_rulebook()
NAME = "<b>Care</b> & pool"
POOL = Partnership(id="P1", name=NAME, funding=Funding(pooled=True), protocol=None)
TITLE = "Budgets are pooled without an agreed protocol"


def test_an_assessment_is_shown_with_findings_and_questions():
    shown = assess(POOL, RULEBOOK)._repr_html_()
    assert "&lt;b&gt;Care&lt;/b&gt; &amp; pool" in shown
    assert NAME not in shown
    assert TITLE in shown
    assert "<ol>" in shown


def test_a_finding_is_shown_with_its_reasons_and_source():
    [finding] = assess(POOL, RULEBOOK).flagged
    shown = finding._repr_html_()
    because = finding.because[0].phrase
    for text in (TITLE, "medium, could be critical", because, "source"):
        assert text in shown


def test_a_plan_is_shown_with_who_and_when():
    assessment = assess(POOL, RULEBOOK)
    plan = assessment.plan()
    shown = plan._repr_html_()
    assert "1 change settles 1 thing to put right." in shown
    [step] = plan.steps
    assert step.who in shown
    assert step.within in shown
    assert "nothing to plan" in assess(Partnership(), RULEBOOK).plan()._repr_html_()


def test_a_register_is_shown_with_what_to_look_at_first():
    shown = assess_register(Register(name="Ours", partnerships=(POOL,)), RULEBOOK)._repr_html_()
    assert "look at first" in shown
    assert "&lt;b&gt;Care" in shown
