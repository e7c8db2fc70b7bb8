"""A case while it is being drawn: what may still change, and how it becomes a case."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from titrant.knowledge.shapes.conditions import ConditionState
from titrant.pathway.case import (
    Allergy,
    AllergyList,
    Answer,
    Asked,
    Candidate,
    Case,
    Choice,
    ConditionAnswer,
    Course,
    Facts,
    FailedTreatment,
    Indication,
    Medication,
    MedicationList,
    Parenteral,
    Patient,
    ProductChoice,
    Review,
)

WHO = "Nurse Drawn (synthetic)"


@dataclass
class Sketch:
    """The parts of a case, by the names that a case gives them."""

    on: date
    birth_date: date
    protocol: str
    readings: dict[str, list[str]]
    answers: dict[str, str | Answer]
    conditions: dict[str, str | ConditionAnswer]
    answered_on: date
    product: ProductChoice | None = None
    asked: Asked | None = None
    choice: Choice | None = None
    drugs: list[Medication] = field(default_factory=list)
    drugs_reviewed: date | None = None
    allergies: list[Allergy] = field(default_factory=list)
    allergies_reviewed: date | None = None
    sessions: list[Parenteral] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    indication: Indication | None = None
    failed: tuple[FailedTreatment, ...] = (FailedTreatment(treatment="pregabalin", result="no_benefit"),)
    goals: tuple[str, ...] = ("walk to the shop",)
    course: Course = Course()

    @property
    def age(self) -> int:
        born = self.birth_date
        return self.on.year - born.year - ((self.on.month, self.on.day) < (born.month, born.day))

    def ago(self, days: int) -> date:
        return self.on - timedelta(days)

    def state(self, name: str, state: ConditionState, grade: str = "", since: date | None = None) -> None:
        self.conditions[name] = ConditionAnswer(state=state, grade=grade, since=since, on=self.answered_on, by=WHO)

    def review(self, code: str, says: str, days_ago: int) -> None:
        self.reviews.append(Review(of=code, by="Dr Drawn (synthetic)", on=self.ago(days_ago), says=says))

    def case(self, name: str) -> Case:
        return Case(
            scenario=name,
            given=self._facts(name),
            protocol=self.protocol,
            on=self.on,
            product=self.product,
            asked=self.asked,
            choice=self.choice,
        )

    def _facts(self, name: str) -> Facts:
        return Facts(
            patient=Patient(birth_date=self.birth_date, id=name),
            answered_on=self.answered_on,
            answered_by=WHO,
            indication=self.indication,
            readings={fact: tuple(several) for fact, several in self.readings.items()},
            answers=self.answers,
            conditions=self.conditions,
            medications=MedicationList(reviewed_on=self.drugs_reviewed, by=WHO, drugs=tuple(self.drugs)),
            allergies=AllergyList(reviewed_on=self.allergies_reviewed, by=WHO, allergies=tuple(self.allergies)),
            failed_treatments=self.failed,
            goals=self.goals,
            candidate=Candidate(),
            parenteral=tuple(self.sessions),
            reviews=tuple(self.reviews),
            course=self.course,
        )
