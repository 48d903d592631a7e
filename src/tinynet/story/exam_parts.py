"""The six parts of the exam in words.

Each part has a requirement and a result.
"""

from dataclasses import dataclass, fields

from tinynet.evaluation import exam
from tinynet.evaluation.exam import ExamResult


@dataclass(frozen=True)
class ExamPart:
    """A part of the exam.

    result : str. A format of the fields of one network's `ExamResult`.
    """

    name: str
    requirement: str
    result: str


def requirements() -> list[ExamPart]:
    """Return the requirements of the exam, in order.

    >>> requirements()[0].requirement
    'margin ≥ 0.8'
    """
    texts = (
        (f"margin ≥ {exam.LEAST_MARGIN:g}", "margin {margin:.2f}"),
        (f"accuracy ≥ {exam.LEAST_ACCURACY:g}", "accuracy {accuracy:.3f}"),
        (
            f"margin ≤ {exam.MAX_SURE_OF_GRAY:g} on gray, ≤ {exam.MAX_SURE_OF_DOUBT:g} on any doubtful picture",
            "margin {gray:.2f} on gray and {worst_doubt:.2f} on the worst doubtful picture",
        ),
        (f"≤ {exam.MAX_BRIER:g} × the best possible score", "{brier_ratio:.3f} × the best possible score"),
        (f"AUROC ≥ {exam.LEAST_AUROC:g}", "AUROC {auroc:.3f}"),
        (f"agreement ≥ {exam.LEAST_AGREEMENT:g}", "agreement {agreement:.3f}"),
    )  # fmt: skip
    return [ExamPart(name, *text) for name, text in zip(exam.PARTS, texts, strict=True)]


def results(marks: ExamResult) -> list[str]:
    """Return the first network's result in each part, in words."""
    values = {f.name: float(getattr(marks, f.name)[0]) for f in fields(marks)}
    return [part.result.format(**values) for part in requirements()]
