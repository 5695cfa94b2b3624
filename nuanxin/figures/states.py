"""States of a publication with the table of allowed moves; kinds of denominators."""

from enum import IntEnum, StrEnum

from nuanxin.kernel.figure import Unit


class PublicationState(IntEnum):
    """Where one version stands. From ``PUBLISHED`` on nothing of it changes but its being replaced."""

    DRAFT = 1
    CHECKED = 2
    APPROVED_ONCE = 3
    PUBLISHED = 4
    SUPERSEDED = 5
    WITHDRAWN = 6

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return _LABELS[self]

    @property
    def is_frozen(self) -> bool:
        """Return whether it has been published, now or once."""
        return self >= PublicationState.PUBLISHED

    @property
    def tone(self) -> str:
        """Return the kind of the mark that stands before the word."""
        return _TONES[self]


_LABELS = {
    PublicationState.DRAFT: "草稿",
    PublicationState.CHECKED: "已核对，等第一人审签",
    PublicationState.APPROVED_ONCE: "一人审签，等第二人发布",
    PublicationState.PUBLISHED: "已发布",
    PublicationState.SUPERSEDED: "已被新版替代",
    PublicationState.WITHDRAWN: "已撤下",
}
_TONES = {
    PublicationState.DRAFT: "",
    PublicationState.CHECKED: "info",
    PublicationState.APPROVED_ONCE: "care",
    PublicationState.PUBLISHED: "ok",
    PublicationState.SUPERSEDED: "",
    PublicationState.WITHDRAWN: "stop",
}

MOVES: dict[PublicationState, frozenset[PublicationState]] = {
    PublicationState.DRAFT: frozenset({PublicationState.CHECKED}),
    PublicationState.CHECKED: frozenset({PublicationState.APPROVED_ONCE, PublicationState.DRAFT}),
    PublicationState.APPROVED_ONCE: frozenset({PublicationState.PUBLISHED, PublicationState.DRAFT}),
    PublicationState.PUBLISHED: frozenset(
        {PublicationState.SUPERSEDED, PublicationState.WITHDRAWN}
    ),
    PublicationState.SUPERSEDED: frozenset(),
    PublicationState.WITHDRAWN: frozenset(),
}
"""The database refuses any other move too (migration 0004)."""

UNDER_WAY = (PublicationState.DRAFT, PublicationState.CHECKED, PublicationState.APPROVED_ONCE)
EVERYBODY_READS = (
    PublicationState.PUBLISHED,
    PublicationState.SUPERSEDED,
    PublicationState.WITHDRAWN,
)


class DenominatorKind(StrEnum):
    """What a ratio may be divided by that is no figure of ours: somebody else counts or plans it.

    A plan is of the year of its day, 1 January by custom.
    """

    WORKERS = "workers_in_scope"
    EMPLOYERS = "employers_in_scope"
    PLANNED_MUTUAL_AID = "planned_mutual_aid"
    PLANNED_HEALTH_EXAM = "planned_health_exam"
    PLANNED_RECUPERATION = "planned_recuperation"
    PLANNED_PHYSICAL_TRAINING = "planned_physical_training"
    PLANNED_SKILL_TRAINING = "planned_skill_training"
    PLANNED_DEGREE = "planned_degree"
    PLANNED_CONTEST = "planned_contest"
    PLANNED_CAMP = "planned_camp"
    PLANNED_GIFT = "planned_gift"

    @property
    def is_plan(self) -> bool:
        """Return whether it is what a year has been planned to give."""
        return self.value.startswith("planned_")

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return _DENOMINATORS[self][0]

    @property
    def unit(self) -> Unit:
        """Return what it is counted in."""
        return _DENOMINATORS[self][1]


_DENOMINATORS = {
    DenominatorKind.WORKERS: ("新就业形态劳动者", Unit.PERSONS),
    DenominatorKind.EMPLOYERS: ("应建会用人单位", Unit.EMPLOYERS),
    DenominatorKind.PLANNED_MUTUAL_AID: ("当年计划：医疗互助", Unit.PERSON_TIMES),
    DenominatorKind.PLANNED_HEALTH_EXAM: ("当年计划：体检", Unit.PERSONS),
    DenominatorKind.PLANNED_RECUPERATION: ("当年计划：疗休养", Unit.PERSONS),
    DenominatorKind.PLANNED_PHYSICAL_TRAINING: ("当年计划：体能训练", Unit.PERSONS),
    DenominatorKind.PLANNED_SKILL_TRAINING: ("当年计划：技能培训", Unit.PERSONS),
    DenominatorKind.PLANNED_DEGREE: ("当年计划：学历和技能提升", Unit.PERSONS),
    DenominatorKind.PLANNED_CONTEST: ("当年计划：技能竞赛", Unit.PERSONS),
    DenominatorKind.PLANNED_CAMP: ("当年计划：托管班", Unit.PERSON_TIMES),
    DenominatorKind.PLANNED_GIFT: ("当年计划：暖心慰问", Unit.PERSON_TIMES),
}
