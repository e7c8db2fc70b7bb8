"""The fixed statements of an append: they write what the tables have, and never nothing in silence."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.web.conftest import new_case
from tests.web.test_store_contract import kept


def test_an_entry_is_kept_by_the_same_few_statements_each_time() -> None:
    from titrant.storage.case_store import DjangoStore

    store, shapes = DjangoStore(), []
    for case in (new_case(store), new_case(store)):
        with CaptureQueriesContext(connection) as asked:
            store.keep(case, "one", "a" * 64, kept())
        shapes.append([one["sql"].split()[:2] for one in asked.captured_queries])
    assert shapes[0] == shapes[1]
    assert len([words for words in shapes[0] if words[0] in ("SELECT", "INSERT", "UPDATE")]) == 7


def test_an_entry_leaves_in_its_row_what_django_would_have_written() -> None:
    """Every column, those of the last judging too: a row that is saved again as it was read does not change."""
    from titrant.storage.case_store import DjangoStore
    from titrant.storage.models import CaseRow

    store = DjangoStore()
    case = new_case(store)
    CaseRow.objects.filter(case=case).update(judged_version=3, judged_on="2026-11-19")
    store.keep(case, "one", "a" * 64, kept())
    whole = CaseRow.objects.filter(case=case)
    before = whole.values().get()
    assert (before["judged_version"], before["judged_on"]) == (3, "2026-11-19")
    assert before["version"] == store.summary(case).version
    whole.get().save()
    assert whole.values().get() == before


def test_a_row_that_is_not_there_is_never_written_in_silence() -> None:
    from titrant.storage.models import ChainHead
    from titrant.storage.statements import update

    with pytest.raises(LookupError, match="0 rows of ChainHead"), transaction.atomic():
        update(ChainHead(name="no such chain", seq=1, hash="b" * 64), ("seq", "hash"))


def test_words_of_a_person_are_a_value_and_no_statement() -> None:
    from titrant.storage.case_store import DjangoStore
    from titrant.storage.models import EntryReceipt
    from titrant.storage.statements import first, insert

    case, hostile = new_case(DjangoStore()), "x'); DELETE FROM storage_entryreceipt; --%s\"?"
    with transaction.atomic():
        insert(EntryReceipt(case=case, client_id=hostile, sha256="a" * 64, number=9, at="2026-11-20"))
        assert first(EntryReceipt, ("number", "client_id"), case=case, client_id=hostile) == (9, hostile)
        with pytest.raises(IntegrityError), transaction.atomic():
            insert(EntryReceipt(case=case, client_id=hostile, sha256="b" * 64, number=10, at="2026-11-20"))
        transaction.set_rollback(True)  # there is no such fact: nothing of it stays
