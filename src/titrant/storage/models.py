"""The tables. Facts and reads are appended only: the database itself refuses UPDATE and DELETE (migration 0002)."""

import uuid
from decimal import Decimal

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint

from titrant.record.appending import absolute_limits
from titrant.record.events import Role
from titrant.terms.numbers import plain
from titrant.terms.reading import read_json

_STAFF_ROLES = [(role.value, role.value) for role in Role if role not in (Role.PATIENT, Role.SYSTEM)]
_LIMITS = {name: one["value"] for name, one in read_json(absolute_limits()).items() if name != "about"}
MICROGRAMS = 1000  # of a milligram; amounts are whole micrograms in the database, because SQLite has no decimals


def micrograms(mg: str) -> int:
    """``mg`` as whole micrograms. Raises ValueError for a part of a microgram: it would be lost in silence."""
    value = Decimal(mg) * MICROGRAMS
    if value != value.to_integral_value():
        raise ValueError(f"{mg} mg is not a whole number of micrograms")
    return int(value)


def milligrams(count: int) -> str:
    """``count`` micrograms as milligrams in their one printed form."""
    return plain(Decimal(count) / MICROGRAMS)


def _at_most(name: str) -> int:
    return micrograms(str(_LIMITS[name]))


class Fact(models.Model):
    """One event, a link of the chain of this clinic."""

    seq = models.BigIntegerField(primary_key=True)
    case = models.CharField(max_length=36, blank=True)
    number = models.IntegerField()
    kind = models.CharField(max_length=40)
    at = models.CharField(max_length=32)
    by_id = models.CharField(max_length=64)
    by_name = models.CharField(max_length=200)
    by_role = models.CharField(max_length=20)
    body = models.TextField()
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["case", "number"], name="one_event_per_number"),
            CheckConstraint(condition=Q(number__gte=1), name="numbers_from_one"),
        ]
        indexes = [models.Index(fields=["kind", "seq"], name="facts_by_kind")]


class ChainHead(models.Model):
    """The newest link of a chain. Its row is also the lock that puts writers in a line."""

    name = models.CharField(max_length=20, primary_key=True)
    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64)


class CaseRow(models.Model):
    """The standing of a case, kept in the same transaction as its newest fact."""

    case = models.CharField(max_length=36, primary_key=True)
    version = models.IntegerField()
    summary = models.TextField()
    judged = models.TextField(blank=True, default="")
    judged_version = models.IntegerField(default=0)
    judged_on = models.CharField(max_length=10, blank=True, default="")
    name = models.CharField(max_length=200, blank=True, default="")
    number = models.CharField(max_length=40, blank=True, default="")
    words = models.CharField(max_length=260, blank=True, default="")  # name and number, folded, to search by
    state = models.CharField(max_length=20)
    protocol = models.CharField(max_length=60, blank=True, default="")
    grade = models.SmallIntegerField(default=3)
    since = models.CharField(max_length=32, blank=True, default="")
    overdue = models.BooleanField(default=False)
    silent = models.BooleanField(default=False)
    failed = models.BooleanField(default=False)
    contact_on = models.CharField(max_length=10, blank=True, default="")
    undelivered = models.BooleanField(default=False)
    draft = models.BooleanField(default=False)
    unread = models.BooleanField(default=False)
    refill_on = models.CharField(max_length=10, blank=True, default="")

    class Meta:
        indexes = [
            # Every column that a worklist asks for, so that counting 20,000 cases reads no summary.
            models.Index(
                fields=[
                    "grade",
                    "since",
                    "case",
                    "state",
                    "protocol",
                    "overdue",
                    "silent",
                    "failed",
                    "contact_on",
                    "undelivered",
                    "draft",
                    "unread",
                    "refill_on",
                    "words",
                ],
                name="by_risk_narrow",
            ),  # fmt: skip
            models.Index(fields=["name"], name="by_name"),
            models.Index(fields=["number"], name="by_number"),
            models.Index(fields=["judged_on", "grade"], name="by_judged_day"),
        ]


class CaseTeam(models.Model):
    """Which care teams look after a case."""

    case = models.ForeignKey(CaseRow, on_delete=models.CASCADE, db_constraint=False)
    team = models.CharField(max_length=60)

    class Meta:
        constraints = [UniqueConstraint(fields=["team", "case"], name="case_once_in_a_team")]


class Plan(models.Model):
    """A signed regimen, and whether it is in force. The caps of the last gate stand here a second time."""

    case = models.CharField(max_length=36)
    number = models.IntegerField()
    sha256 = models.CharField(max_length=64)
    protocol_sha256 = models.CharField(max_length=64)
    product = models.CharField(max_length=60)
    dose_ug = models.BigIntegerField()
    daily_ug = models.BigIntegerField()
    weekly_ug = models.BigIntegerField()
    times_per_day = models.SmallIntegerField()
    days_per_week = models.SmallIntegerField()
    supply_days = models.SmallIntegerField()
    active = models.BooleanField()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["case", "number"], name="plan_once"),
            UniqueConstraint(fields=["case"], condition=Q(active=True), name="one_active_plan"),
            CheckConstraint(condition=Q(dose_ug__gte=1, dose_ug__lte=_at_most("single_mg")), name="dose_within"),
            CheckConstraint(condition=Q(daily_ug__gte=1, daily_ug__lte=_at_most("daily_mg")), name="daily_within"),
            CheckConstraint(condition=Q(weekly_ug__gte=1, weekly_ug__lte=_at_most("weekly_mg")), name="weekly_within"),
            CheckConstraint(
                condition=Q(times_per_day__gte=1, times_per_day__lte=int(_LIMITS["times_per_day"])), name="times_within"
            ),
            CheckConstraint(condition=Q(days_per_week__gte=1, days_per_week__lte=7), name="days_within"),
            CheckConstraint(
                condition=Q(supply_days__gte=1, supply_days__lte=int(_LIMITS["supply_days"])), name="supply_within"
            ),
            CheckConstraint(condition=Q(daily_ug=F("dose_ug") * F("times_per_day")), name="daily_is_the_sum"),
            CheckConstraint(condition=Q(weekly_ug=F("daily_ug") * F("days_per_week")), name="weekly_is_the_sum"),
        ]


class EntryReceipt(models.Model):
    """The id that a device gave an entry is the only key for sameness; never its time or its values."""

    case = models.CharField(max_length=36)
    client_id = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)
    number = models.IntegerField()
    at = models.CharField(max_length=32)

    class Meta:
        constraints = [UniqueConstraint(fields=["case", "client_id"], name="one_receipt_per_id")]


class ReadEntry(models.Model):
    """Who looked at what: a chain of its own, so that looking never waits for writing."""

    seq = models.BigIntegerField(primary_key=True)
    at = models.CharField(max_length=32)
    by_id = models.CharField(max_length=64)
    by_name = models.CharField(max_length=200)
    by_role = models.CharField(max_length=20)
    route = models.CharField(max_length=60)
    case = models.CharField(max_length=36, blank=True)
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["case", "seq"], name="reads_by_case")]


class Outgoing(models.Model):
    """Something to deliver, written with the fact that caused it; kept until it is delivered or a person closes it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    case = models.CharField(max_length=36, blank=True)
    kind = models.CharField(max_length=40)  # red_flag, reminder, push, test_alert
    body = models.TextField()  # never a name, a dose or a symptom
    created_at = models.CharField(max_length=32)
    due_at = models.CharField(max_length=32)
    leased_until = models.CharField(max_length=32, blank=True, default="")
    attempts = models.IntegerField(default=0)
    step = models.IntegerField(default=0)  # of the escalation
    done_at = models.CharField(max_length=32, blank=True, default="")
    fault = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["done_at", "due_at"], name="outgoing_due")]


class Heartbeat(models.Model):
    """When a part of the program last said that it lives."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.CharField(max_length=32)
    state = models.CharField(max_length=200, blank=True, default="")


class Throttle(models.Model):
    """Tries of one account or one network in a window: kept in the database, so that all workers share it."""

    key = models.CharField(max_length=120, primary_key=True)
    window = models.CharField(max_length=32)
    tries = models.IntegerField(default=0)


class SavedView(models.Model):
    """A search that a member of staff keeps."""

    staff = models.ForeignKey("storage.Staff", on_delete=models.CASCADE)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=400)

    class Meta:
        constraints = [UniqueConstraint(fields=["staff", "name"], name="view_once")]


class StaffManager(BaseUserManager["Staff"]):
    def create_user(self, email: str, name: str, role: str, password: str | None = None) -> "Staff":
        staff = self.model(email=self.normalize_email(email), name=name, role=role)
        staff.set_password(password)
        staff.save()
        return staff

    def get_by_natural_key(self, username: str | None) -> "Staff":
        return self.get(email__iexact=username)


class Staff(AbstractBaseUser):
    """A member of staff. Patients are not here: they have cases and devices, in tables and cookies of their own."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    role = models.CharField(max_length=20, choices=_STAFF_ROLES)
    registration = models.CharField(max_length=60, blank=True, default="")  # printed on what a prescriber signs
    is_active = models.BooleanField(default=True)
    synthetic = models.BooleanField(default=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name", "role"]
    objects = StaffManager()

    def __str__(self) -> str:
        return self.name


class TeamMember(models.Model):
    """Which care teams a member of staff belongs to."""

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="teams")
    team = models.CharField(max_length=60)

    class Meta:
        constraints = [UniqueConstraint(fields=["staff", "team"], name="member_once")]


class Device(models.Model):
    """A phone that a patient enrolled. The token is kept only as its hash."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    case = models.CharField(max_length=36)
    token_sha256 = models.CharField(max_length=64, unique=True)
    label = models.CharField(max_length=80, blank=True, default="")
    enrolled_at = models.CharField(max_length=32)
    seen_at = models.CharField(max_length=32, blank=True, default="")
    revoked_at = models.CharField(max_length=32, blank=True, default="")
    push = models.TextField(blank=True, default="")  # a subscription of the browser, where the patient allowed it
    reminder_at = models.CharField(max_length=5, blank=True, default="")  # the patient's own hour, 21:00
    zone = models.CharField(max_length=64, blank=True, default="")  # and zone; empty: the clinic's
    reminded_on = models.CharField(max_length=10, blank=True, default="")  # the local day of the last reminder


class Invitation(models.Model):
    """A link or short code that enrols one phone, once, for a while."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    case = models.CharField(max_length=36)
    link_sha256 = models.CharField(max_length=64, unique=True)
    code_sha256 = models.CharField(max_length=64)
    expires_at = models.CharField(max_length=32)
    used_at = models.CharField(max_length=32, blank=True, default="")
    void_at = models.CharField(max_length=32, blank=True, default="")


class SetUpCode(models.Model):
    """The one code that lets the first administrator in; printed once on the console."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    code_sha256 = models.CharField(max_length=64)
    used_at = models.CharField(max_length=32, blank=True, default="")


class StaffInvitation(models.Model):
    """A link that lets one member of staff choose a password, once, for a while. The link is kept only as its hash."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="invitations")
    link_sha256 = models.CharField(max_length=64, unique=True)
    expires_at = models.CharField(max_length=32)
    used_at = models.CharField(max_length=32, blank=True, default="")
